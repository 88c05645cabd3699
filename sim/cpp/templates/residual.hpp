/// The sums of two streams' values, rounded once.
template <class D>
struct Residual {
    static void answer(const Source *sources, Sink &sink) {
        const std::size_t most = sources[0].beats < sources[1].beats ? sources[0].beats
                                                                     : sources[1].beats;
        for (std::size_t beat = 0; beat < most; ++beat) {
            for (std::size_t at = beat * D::width; at < (beat + 1) * D::width; ++at) {
                const Number sum = add(fields(D::values, sources[0].field[0].at(at)),
                                       fields(D::residual, sources[1].field[0].at(at)));
                sink.field[0].put(at, encode(D::target, sum, Rounding::nearest_even, false));
            }
            sink.end(sources[0].ends(beat));
        }
    }
};

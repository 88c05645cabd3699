/// What becomes of two streams' values, side by side, rounded once.
template <class D, class Made>
void of_two(const Source *sources, Sink &sink) {
    const std::size_t most = sources[0].beats < sources[1].beats ? sources[0].beats
                                                                 : sources[1].beats;
    for (std::size_t beat = 0; beat < most; ++beat) {
        for (std::size_t at = beat * D::width; at < (beat + 1) * D::width; ++at) {
            const Number made = Made::exact(fields(D::values, sources[0].field[0].at(at)),
                                            fields(D::beside, sources[1].field[0].at(at)));
            sink.field[0].put(at, encode(D::target, made, Rounding::nearest_even, false));
        }
        sink.end(sources[0].ends(beat));
    }
}

/// The sums of two streams' values.
template <class D>
struct Residual {
    static Number exact(const Number &a, const Number &b) { return add(a, b); }

    static void answer(const Source *sources, Sink &sink) { of_two<D, Residual>(sources, sink); }
};

/// The products of two streams' values.
template <class D>
struct Product {
    static Number exact(const Number &a, const Number &b) { return multiply(a, b); }

    static void answer(const Source *sources, Sink &sink) { of_two<D, Product>(sources, sink); }
};

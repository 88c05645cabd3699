/// A finite number that is an integer in units of 2**exponent of its own.
inline std::int64_t whole(const Number &given) {
    const std::int64_t magnitude = static_cast<std::int64_t>(given.significand);
    return given.negative ? -magnitude : magnitude;
}

/// A result of each element of the first stream, beside the values that a group of them shares,
/// which the second stream brings once a group, for each row or for all. Elements of a group whose
/// values have not come have no result. ``Unit::result`` makes a code of a code and such values.
template <class D, class Unit>
void elementwise(const Source *sources, Sink &sink) {
    const Source &elements = sources[0];
    std::size_t group = 0;
    int number = 0;
    for (std::size_t beat = 0; beat < elements.beats; ++beat) {
        if (D::held && group >= sources[1].beats) return;
        for (int row = 0; row < D::rows; ++row) {
            Number held[D::held + 1];
            const std::size_t place = group * D::holders + (D::holders > 1 ? row : 0);
            for (int i = 0; i < D::held; ++i)
                held[i] = fields(*D::held_formats[i], sources[1].field[i].at(place));
            for (int lane = 0; lane < D::lanes; ++lane) {
                const std::size_t at = (beat * D::rows + row) * D::lanes + lane;
                sink.field[0].put(at, Unit::result(elements.field[0].at(at), held));
            }
        }
        const bool last = elements.ends(beat);
        sink.end(last);
        number = last || number + 1 == D::beats ? 0 : number + 1;
        if (!number) ++group;
    }
}

inline std::size_t count_of(const Span &span, int vectors, int k) {
    return spread(span, vectors - 1, k - 1, k) + 1;
}

/// Works out how many elements a sparse weight keeps of K.
template <class D>
void complete(Inputs<D> &in) {
    in.kept = in.k;
    if constexpr (D::window != 0) {
        const int rest = in.k % D::window;
        in.kept = in.k / D::window * D::kept + (rest < D::kept ? rest : D::kept);
    }
}

/// What is wrong with a tile, or a null pointer.
template <class D>
const char *complaint(Inputs<D> &in) {
    if (in.vectors[0] < 1 || in.vectors[1] < 1) return "rows and cols must be at least 1";
    if (in.k < 1 || in.k > D::k_max) return D::of_k;
    complete(in);
    if constexpr (D::window != 0) {
        if (!in.index.data) return D::of_index;
        for (int row = 0; row < in.vectors[0]; ++row)
            for (int c = 0; c < in.kept; ++c) {
                const int place = place_of(in, row, c), window = c / D::kept * D::window;
                if (place < window || place >= window + D::window || place >= in.k)
                    return D::of_index;
                if (c % D::kept && place <= place_of(in, row, c - 1)) return D::of_index;
            }
    }
    for (int side = 0; side < 2; ++side) {
        const int vectors = in.vectors[side], across = side ? in.k : in.kept;
        for (int i = 0; i < D::codes[side]; ++i)
            if (!legal_codes(*D::code_formats[side][i], in.codes[side][i],
                             static_cast<std::size_t>(vectors) * across))
                return D::of_codes[side][i];
        for (int i = 0; i < D::level_count[side]; ++i) {
            const Level &level = D::levels[side][i];
            if (!legal_codes(*level.format, in.scales[side][i],
                             count_of(level.span, vectors, in.kept)))
                return D::of_scales[side][i];
        }
        if (D::selects[side]) {
            const std::size_t count = count_of(D::select_spans[side], vectors, in.kept);
            if (!in.select[side].data) return D::of_select[side];
            for (std::size_t i = 0; i < count; ++i)
                if (in.select[side].at(i) >= D::selects[side]) return D::of_select[side];
        }
    }
    if constexpr (D::has_bias)
        if (!legal_codes(D::bias, in.bias, static_cast<std::size_t>(in.vectors[0])))
            return D::of_bias;
    if constexpr (D::has_initial) {
        if (!in.initial.data) return D::of_initial;
        const std::size_t count =
            static_cast<std::size_t>(D::outputs) * in.vectors[0] * in.vectors[1];
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t word = in.initial.at(i),
                                above = ~D::initial.ones() & in.initial.ones();
            const bool high = D::initial.is_signed && (word >> (D::initial.bits - 1) & 1);
            if ((word & above) != (high ? above : 0) ||
                !legal(D::initial, word & D::initial.ones()))
                return D::of_initial;
        }
    }
    return nullptr;
}

/// All results, outputs x rows x cols; or what is wrong with the tile.
template <class D, class Result>
const char *multiply_all(Inputs<D> in, Result *results) {
    if (const char *wrong = complaint(in)) return wrong;
    const std::size_t rows = in.vectors[0], cols = in.vectors[1];
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t col = 0; col < cols; ++col) {
            Answer<D> found[D::outputs];
            answer(in, static_cast<int>(row), static_cast<int>(col), found);
            for (int output = 0; output < D::outputs; ++output)
                put(found[output], results[(output * rows + row) * cols + col]);
        }
    return nullptr;
}

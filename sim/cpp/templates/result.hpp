/// What an engine answers for a row and a column: the integers of a raw sum, or a code.
template <class D>
struct Answer {
    WideOf<D> value;
    Flags flags;
    std::uint64_t code = 0;
};

/// The code of a value in the output's format, after ReLU and clamp.
template <class D>
std::uint64_t converted(Number value) {
    if (D::nan_is_zero && value.kind == Kind::nan) value = Number();
    std::uint64_t code = encode(D::target, value, D::rounding, D::saturates);
    Number held = fields(D::target, code);
    if (held.kind == Kind::nan) return code;
    if (D::relu && held.negative) {
        code = 0;
        held = Number();
    }
    if constexpr (D::clamps) {
        const bool low = compared(held, fields(D::target, D::clamp_low)) <= 0;
        const bool high = compared(held, fields(D::target, D::clamp_high)) >= 0;
        if (low) code = D::clamp_low;
        if (high) code = D::clamp_high;
    }
    return code;
}

template <class D>
Number number_of(const Inputs<D> &in, const Sum &item, int row, int col) {
    if constexpr (D::last == Rule::fp) return fp_sum(in, item, row, col);
    if constexpr (D::last == Rule::aligned)
        return fields(D::aligned, aligned_sum(in, D::pairs[0], row, col, 0, in.kept));
    const Summed<D> sum = raw_sum(in, item, row, col, WideOf<D>());
    return sum.flags.apply(number(sum.value, D::unit));
}

/// All outputs of a row and a column.
template <class D>
void answer(const Inputs<D> &in, int row, int col, Answer<D> (&found)[D::outputs]) {
    if constexpr (D::raw) {
        for (const Sum &item : D::sums) {
            Answer<D> &own = found[item.output];
            if constexpr (D::last == Rule::aligned) {
                own.code = aligned_sum(in, D::pairs[0], row, col, 0, in.kept);
                continue;
            }
            WideOf<D> initial;
            if constexpr (D::has_initial) {
                const std::size_t place =
                    (static_cast<std::size_t>(item.output) * in.vectors[0] + row) * in.vectors[1] +
                    col;
                initial =
                    signed_wide<D>(fields(D::initial, in.initial.at(place) & D::initial.ones()), 0);
            }
            const Summed<D> sum = raw_sum(in, item, row, col, initial);
            own.value = sum.value;
            own.flags = sum.flags;
        }
        return;
    }
    Number results[D::outputs];
    bool begun[D::outputs] = {};
    for (const Sum &item : D::sums) {
        Number value = number_of(in, item, row, col);
        if constexpr (D::late) value = rounded(D::working, value);
        for (int i = item.first_scale; i < item.first_scale + item.scales; ++i)
            value = rounded(D::working, multiply(value, scale_at(in, D::scales[i], row, col, 0)));
        Number &so_far = results[item.output];
        so_far = begun[item.output] ? rounded(D::working, add(so_far, value)) : value;
        begun[item.output] = true;
    }
    for (int output = 0; output < D::outputs; ++output) {
        Number value = results[output];
        if constexpr (D::has_bias)
            value = rounded(D::working, add(value, fields(D::bias, in.bias.at(row))));
        found[output].code = converted<D>(value);
    }
}

/// An integer of Bits bits, two's complement if it may be negative, in 32-bit words, the lowest
/// first; with the flags of what was added beside finite numbers.
template <int Bits, bool IsSigned>
struct Raw {
    static constexpr int bits = Bits, words = (Bits + 31) / 32;
    std::uint32_t word[words] = {};  // bits above are the sign, or 0
    bool nan = false, positive = false, negative = false;

    /// The integer itself, if 64 bits hold it.
    std::int64_t value() const {
        std::uint64_t made = word[0];
        if (words > 1) made |= static_cast<std::uint64_t>(word[words > 1]) << 32;
        if (words == 1 && IsSigned && word[0] >> 31) made |= ~std::uint64_t(0) << 32;
        return static_cast<std::int64_t>(made);
    }
};

template <class D, int Bits, bool IsSigned>
void put(const Answer<D> &given, Raw<Bits, IsSigned> &made) {
    for (int i = 0; i < made.words; ++i) made.word[i] = given.value.word[i];
    made.nan = given.flags.nan;
    made.positive = given.flags.positive;
    made.negative = given.flags.negative;
}

template <class D, class Code>
void put(const Answer<D> &given, Code &made) {
    made = static_cast<Code>(given.code);
}

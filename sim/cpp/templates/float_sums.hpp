/// An element of an aligned step: a zero has the exponent -126, whatever its format.
inline Number counted(const Format &format, const Number &given) {
    Number made = full(format, given);
    if (!made.significand) made.exponent = -126 - (format.significand_bits - 1);
    return made;
}

/// ``value`` x 2**shift, truncated toward zero; it is less than 2**62.
inline std::int64_t moved(std::uint64_t magnitude, bool negative, int shift) {
    if (shift < -63) return 0;
    const std::uint64_t found = shift >= 0 ? magnitude << shift : magnitude >> -shift;
    const std::int64_t made = static_cast<std::int64_t>(found);
    return negative ? -made : made;
}

/// What a number in the accumulator raises.
inline Flags flags_of(const Number &held) {
    Flags flags;
    flags.nan = held.kind == Kind::nan;
    flags.positive = held.kind == Kind::infinite && !held.negative;
    flags.negative = held.kind == Kind::infinite && held.negative;
    return flags;
}

/// A step's sum, ``total`` x 2**unit, truncated to the accumulator's format.
inline std::uint64_t truncated_sum(const Format &format, const Flags &flags, std::int64_t total,
                                   int unit) {
    if (flags.nan || (flags.positive && flags.negative)) return format.nan_code;
    const std::uint64_t sign = std::uint64_t(1) << (format.bits - 1);
    if (flags.positive || flags.negative)
        return (format.max_code + 1) | (flags.negative ? sign : 0);
    const Number sum = signed_number(total, unit);
    const int beyond = (1 << format.exponent_bits) - 1 - format.bias;  // 2**beyond is too large
    if (sum.significand && bit_length(sum.significand) > beyond - unit)
        return (format.max_code + 1) | (sum.negative ? sign : 0);
    return encode_minifloat(format, sum, Rounding::toward_zero, true);
}

/// One step: the accumulator and some products, aligned to the greatest exponent and truncated.
template <class D>
std::uint64_t aligned_step(const Inputs<D> &in, const Pair &pair, int row, int col, int begin,
                           int end, int there, std::uint64_t code) {
    const Plane *planes[2] = {&D::planes[0][pair.weight], &D::planes[1][pair.activation]};
    const Format &left = *planes[0]->element, &right = *planes[1]->element, &format = D::aligned;
    const int top = leading_of_products(D::product, left, right);
    const Number held = counted(format, fields(format, code));
    Flags flags = flags_of(held);

    Number found[D::lanes];
    int greatest = held.exponent + format.significand_bits - 1;
    for (int c = begin; c < end; ++c) {
        Number both[2];
        for (int side = 0; side < 2; ++side) {
            // Beyond K zeros fill up the group; a constant beside them is what it is.
            const bool constant = planes[side]->codes < 0 && planes[1 - side]->codes >= 0;
            if (c < there || constant)
                both[side] = element(in, side, side ? pair.activation : pair.weight, row, col,
                                     c < there ? c : 0);
            both[side] = counted(*planes[side]->element, both[side]);
        }
        flags |= product_flags(both[0], both[1]);
        found[c - begin] = product<D>(both[0], both[1], left);
        if (found[c - begin].exponent + top > greatest) greatest = found[c - begin].exponent + top;
    }

    const int unit = greatest - D::fraction;
    std::int64_t total = moved(held.significand, held.negative, held.exponent - unit);
    for (int i = 0; i < end - begin; ++i)
        total += moved(found[i].significand, found[i].negative, found[i].exponent - unit);
    return truncated_sum(format, flags, total, unit);
}

/// The partial sums as the addends of one more step.
template <class D>
std::uint64_t joined(const std::uint64_t (&codes)[D::aligned_partials]) {
    const Format &format = D::aligned;
    Number found[D::aligned_partials];
    Flags flags;
    int greatest = -126;
    for (int i = 0; i < D::aligned_partials; ++i) {
        found[i] = counted(format, fields(format, codes[i]));
        flags |= flags_of(found[i]);
        const int exponent = found[i].exponent + format.significand_bits - 1;
        if (!i || exponent > greatest) greatest = exponent;
    }
    const int unit = greatest - D::fraction;
    std::int64_t total = 0;
    for (const Number &each : found)
        total += moved(each.significand, each.negative, each.exponent - unit);
    return truncated_sum(format, flags, total, unit);
}

/// The code of an aligned sum of ``size`` products, from +0: step i into partial sum i mod P.
template <class D>
std::uint64_t aligned_sum(const Inputs<D> &in, const Pair &pair, int row, int col, int begin,
                          int size) {
    std::uint64_t codes[D::aligned_partials] = {};
    int index = 0;
    for (int c = begin; c < begin + size; c += D::lanes) {
        const int end = begin + size - c < D::lanes ? begin + size : c + D::lanes;
        std::uint64_t &code = codes[index++ % D::aligned_partials];
        code = aligned_step(in, pair, row, col, c, end, in.kept, code);
    }
    return D::aligned_partials > 1 ? joined<D>(codes) : codes[0];
}

/// What the first of two stages hands over for elements begin to end - 1: an integer in units of
/// 2**unit.
template <class D>
Summed<D> inner_sum(const Inputs<D> &in, const Term &term, int row, int col, int begin, int end,
                    int &unit) {
    Summed<D> made;
    if constexpr (D::first == Rule::aligned) {
        const Pair &pair = D::pairs[D::parts[term.first_part].first_pair];
        const Number found = fields(D::aligned, aligned_sum(in, pair, row, col, begin, D::group));
        made.flags.nan = found.kind == Kind::nan;
        made.flags.positive = found.kind == Kind::infinite && !found.negative;
        made.flags.negative = found.kind == Kind::infinite && found.negative;
        unit = found.exponent;
        if (found.kind == Kind::finite) made.value = signed_wide<D>(found, 0);
        return made;
    }
    unit = term.unit;
    for (int start = begin; start < end; start += D::group) {
        const Summed<D> part =
            group_sum(in, term, row, col, start, end - start < D::group ? end : start + D::group);
        made.value += part.value;
        made.flags |= part.flags;
    }
    if constexpr (D::first == Rule::wrap)
        made.value = made.value.wrapped(D::held.bits, D::held.is_signed);
    return made;
}

/// Every addend rounded once from its exact product, then added into the partial sums.
template <class D>
Number fp_sum(const Inputs<D> &in, const Sum &item, int row, int col) {
    const int each = D::span ? D::span : D::group;
    Number partials[D::partials];
    int index = 0;
    for (int begin = 0; begin < in.kept; begin += each) {
        const int end = in.kept - begin < each ? in.kept : begin + each;
        for (int t = item.first_term; t < item.first_term + item.terms; ++t) {
            const Term &term = D::terms[t];
            int unit = 0;
            Summed<D> sum = inner_sum(in, term, row, col, begin, end, unit);
            int sign = sum.value.sign();
            for (int i = term.first_scale; i < term.first_scale + term.scales; ++i) {
                const Number factor = scale_at(in, D::scales[i], row, col, begin);
                scale_flags(sum.flags, factor, sign);
                if (factor.kind != Kind::finite) continue;
                sum.value = times<D>(sum.value, factor, 0);
                unit += factor.exponent;
            }
            const Number addend = sum.flags.apply(rounded(D::working, number(sum.value, unit)));
            Number &slot = partials[index++ % D::partials];
            slot = rounded(D::working, add(slot, addend));
        }
    }
    // Neighbours are added, an odd one is passed on.
    for (int count = D::partials; count > 1; count = (count + 1) / 2)
        for (int i = 0; i < (count + 1) / 2; ++i)
            partials[i] = 2 * i + 1 < count
                              ? rounded(D::working, add(partials[2 * i], partials[2 * i + 1]))
                              : partials[2 * i];
    return partials[0];
}

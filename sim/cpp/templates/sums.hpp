template <class D>
using WideOf = Wide<D::words>;

/// An exact sum, and what was added beside finite numbers.
template <class D>
struct Summed {
    WideOf<D> value;
    Flags flags;
};

template <class D>
WideOf<D> signed_wide(const Number &given, int shift) {
    const WideOf<D> made = WideOf<D>::of(given.significand) << shift;
    return given.negative ? -made : made;
}

template <class D>
WideOf<D> times(const WideOf<D> &value, const Number &factor, int shift) {
    const WideOf<D> made = value * factor.significand << shift;
    return factor.negative ? -made : made;
}

/// The flags after one scale more; ``sign``, of what is finite, becomes that after it.
inline void scale_flags(Flags &flags, const Number &factor, int &sign) {
    flags = flags.times(factor, sign);
    if (factor.kind == Kind::finite) sign *= factor.sign();
}

/// Products of elements begin to end - 1 of a pair of planes, added to ``sum`` in units of 2**unit.
template <class D>
Flags add_products(WideOf<D> &sum, const Inputs<D> &in, const Pair &pair, int unit, int row,
                   int col, int begin, int end) {
    const Format &left = *D::planes[0][pair.weight].element,
                 &right = *D::planes[1][pair.activation].element;
    Flags flags;
    for (int c = begin; c < end; ++c) {
        if constexpr (D::product == Product::overpacked ||
                      D::product == Product::overpacked_corrected) {
            Number found = signed_number(overpacked(in, pair, row, col, c), left.lsb + right.lsb);
            found.negative = found.negative != pair.negative;
            sum += signed_wide<D>(found, found.exponent - unit);
            continue;
        }
        const Number w = element(in, 0, pair.weight, row, col, c);
        const Number a = element(in, 1, pair.activation, row, col, c);
        Flags raised = product_flags(w, a);
        if (pair.negative) std::swap(raised.positive, raised.negative);
        flags |= raised;
        if (w.kind != Kind::finite || a.kind != Kind::finite) continue;
        if constexpr (D::product == Product::exact) {
            const WideOf<D> both = WideOf<D>::of(w.significand) * a.significand
                                   << (w.exponent + a.exponent - unit);
            sum += (w.negative != a.negative) != pair.negative ? -both : both;
        } else if (w.significand && a.significand) {
            Number found = product<D>(w, a, left);
            found.negative = found.negative != pair.negative;
            sum += signed_wide<D>(found, found.exponent - unit);
        }
    }
    return flags;
}

/// A term's exact sum over elements begin to end - 1, integer scales included.
template <class D>
Summed<D> group_sum(const Inputs<D> &in, const Term &term, int row, int col, int begin, int end) {
    Summed<D> made;
    for (int p = term.first_part; p < term.first_part + term.parts; ++p) {
        const Part &part = D::parts[p];
        WideOf<D> sum;
        Flags flags;
        for (int i = part.first_pair; i < part.first_pair + part.pairs; ++i)
            flags |= add_products(sum, in, D::pairs[i], part.unit, row, col, begin, end);
        int sign = 1;
        for (int i = part.first_scale; i < part.first_scale + part.scales; ++i) {
            const Number factor = scale_at(in, D::scales[i], row, col, begin);
            scale_flags(flags, factor, sign);
            sum = times<D>(sum, factor, 0);
        }
        made.value += sum;
        made.flags |= flags;
    }
    return made;
}

/// ``value`` within the range of an integer format.
template <class D>
WideOf<D> clipped(const WideOf<D> &value, const Format &format) {
    const WideOf<D> top = WideOf<D>::of(1) << (format.bits - format.is_signed);
    WideOf<D> high = top, low = format.is_signed ? -top : WideOf<D>();
    high += WideOf<D>::of(1, true);
    if (format.symmetric) low += WideOf<D>::of(1);
    if (value.below(low)) return low;
    return high.below(value) ? high : value;
}

/// An exact or integer sum over all of K, in the unit of the result.
template <class D>
Summed<D> raw_sum(const Inputs<D> &in, const Sum &item, int row, int col,
                  const WideOf<D> &initial) {
    const int each = D::group ? D::group : D::steps ? D::steps : in.kept;
    Summed<D> made;
    made.value = initial;
    for (int begin = 0; begin < in.kept; begin += each) {
        const int end = in.kept - begin < each ? in.kept : begin + each;
        for (int t = item.first_term; t < item.first_term + item.terms; ++t) {
            const Term &term = D::terms[t];
            Summed<D> addend = group_sum(in, term, row, col, begin, end);
            int sign = addend.value.sign();
            for (int i = term.first_scale; i < term.first_scale + term.scales; ++i) {
                const Scale &scale = D::scales[i];
                const Number factor = scale_at(in, scale, row, col, begin);
                scale_flags(addend.flags, factor, sign);
                const int up = factor.exponent - D::levels[scale.side][scale.level].format->lsb;
                const bool finite = factor.kind == Kind::finite;
                addend.value = finite ? times<D>(addend.value, factor, up) : WideOf<D>();
            }
            made.flags |= addend.flags;
            made.value += addend.value << term.shift;
            if constexpr (D::last == Rule::saturate) made.value = clipped<D>(made.value, D::held);
        }
    }
    if constexpr (D::last == Rule::wrap)
        made.value = made.value.wrapped(D::held.bits, D::held.is_signed);
    return made;
}

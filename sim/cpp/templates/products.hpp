/// A product of two elements, each finite.
template <class D>
Number product(const Number &w, const Number &a, const Format &format) {
    if (D::product != Product::lmul) {
        Number made;
        made.negative = w.negative != a.negative;
        made.significand = w.significand * a.significand;
        made.exponent = w.exponent + a.exponent;
        return made;
    }
    // L-Mul: exponent and mantissa fields are added as one integer.
    const int m = format.mantissa_bits;
    const bool zero = !w.significand || !a.significand;
    const std::uint64_t one = std::uint64_t(1) << m, offset = one >> (m <= 3 ? m : m == 4 ? 3 : 4);
    const std::uint64_t mantissa = w.significand + a.significand + offset - 2 * one;
    Number made;
    made.negative = w.negative != a.negative;
    made.significand = zero ? 0 : one + (mantissa & (one - 1));
    made.exponent = w.exponent + a.exponent + m + (zero ? 0 : static_cast<int>(mantissa >> m));
    return made;
}

inline int leading_of_products(Product rule, const Format &weight, const Format &activation) {
    if (rule == Product::lmul) return weight.significand_bits - 1;
    return weight.significand_bits + activation.significand_bits - 2;
}

/// Overpacked: six products share a multiplication, and each leaves something to the next.
template <class D>
std::int64_t overpacked(const Inputs<D> &in, const Pair &pair, int row, int col, int c) {
    std::int64_t carry = 0, kept = 0;
    for (int number = 0; number <= row % 2 * 3 + col % 3; ++number) {
        int r = row - row % 2 + number / 3, n = col - col % 3 + number % 3;
        if (r >= in.vectors[0]) r = in.vectors[0] - 1;
        if (n >= in.vectors[1]) n = in.vectors[1] - 1;
        const Number w = element(in, 0, pair.weight, r, n, c),
                     a = element(in, 1, pair.activation, r, n, c);
        const std::int64_t magnitude = static_cast<std::int64_t>(w.significand * a.significand);
        const std::int64_t result = (w.negative != a.negative ? -magnitude : magnitude) + carry;
        kept = result + (D::product == Product::overpacked_corrected && carry < 0);
        carry = result >= 0 ? result / 64 : -((63 - result) / 64);
    }
    return kept;
}

/// What a product of elements that need not be finite raises.
inline Flags product_flags(const Number &w, const Number &a) {
    Flags made;
    if (w.kind == Kind::finite && a.kind == Kind::finite) return made;
    const bool infinite = w.kind == Kind::infinite || a.kind == Kind::infinite;
    made.nan = w.kind == Kind::nan || a.kind == Kind::nan ||
               (infinite && (!w.significand || !a.significand));
    if (!made.nan) (w.negative != a.negative ? made.negative : made.positive) = true;
    return made;
}

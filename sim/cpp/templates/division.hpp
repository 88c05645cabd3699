/// a / b for finite numbers of which b is not zero, rounded to odd: exact in its first bits, so many
/// as 63 and those of b are apart.
inline Number divided(const Number &a, const Number &b) {
    Number made;
    made.negative = a.negative != b.negative;
    if (!a.significand) return made;
    const int up = 63 - bit_length(a.significand);
    const std::uint64_t dividend =
        up < 0 ? shifted_odd(a.significand, -up) : a.significand << up;
    made.significand = dividend / b.significand | (dividend % b.significand != 0);
    made.exponent = a.exponent - up - b.exponent;
    return made;
}

/// The exponent of the leading bit of a number that is not zero.
inline int leading(const Number &given) {
    return given.exponent + bit_length(given.significand) - 1;
}

/// Its significand with the leading bit in a place of its own.
inline std::uint64_t normal(const Number &given) {
    return given.significand << (64 - bit_length(given.significand));
}

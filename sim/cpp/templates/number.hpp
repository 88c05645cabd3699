enum class Kind : unsigned char { finite, infinite, nan };

/// (-1)**negative * significand * 2**exponent where it is finite.
struct Number {
    bool negative = false;
    Kind kind = Kind::finite;
    std::uint64_t significand = 0;
    int exponent = 0;

    bool zero() const { return kind == Kind::finite && !significand; }
    /// -1, 0 or 1.
    int sign() const { return zero() ? 0 : negative ? -1 : 1; }
};

inline Number special(Kind kind, bool negative = false) {
    Number made;
    made.kind = kind;
    made.negative = negative;
    return made;
}

/// ``significand`` shifted right; what is lost is told by the last bit (rounding to odd).
inline std::uint64_t shifted_odd(std::uint64_t significand, int places) {
    if (places <= 0) return significand;
    if (places > 63) return significand != 0;
    const std::uint64_t kept = significand >> places;
    return kept | ((kept << places) != significand);
}

/// a + b, exact or rounded to odd at 61 or 62 bits: who rounds that to nearest, to less than 60
/// bits, rounds the exact sum.
inline Number add(const Number &a, const Number &b) {
    if (a.kind == Kind::nan || b.kind == Kind::nan) return special(Kind::nan);
    if (a.kind == Kind::infinite && b.kind == Kind::infinite && a.negative != b.negative)
        return special(Kind::nan);
    if (a.kind == Kind::infinite) return a;
    if (b.kind == Kind::infinite) return b;
    if (a.zero() && b.zero()) {
        Number made;
        made.negative = a.negative && b.negative;
        return made;
    }
    if (a.zero()) return b;
    if (b.zero()) return a;
    const int own = 62 - bit_length(a.significand), others = 62 - bit_length(b.significand);
    const bool first = a.exponent - own >= b.exponent - others;
    const Number &large = first ? a : b, &small = first ? b : a;
    const int up = first ? own : others, down = first ? others : own;
    const int unit = large.exponent - up;
    const std::uint64_t high = large.significand << up;
    const std::uint64_t low = shifted_odd(small.significand << down, unit - small.exponent + down);
    Number made;
    made.exponent = unit;
    if (large.negative == small.negative) {
        const int carry = (high + low) >> 62 != 0;
        made.negative = large.negative;
        made.significand = shifted_odd(high + low, carry);
        made.exponent += carry;
    } else {
        made.negative = high > low ? large.negative : high < low && small.negative;
        made.significand = high > low ? high - low : low - high;
    }
    return made;
}

/// -1, 0 or 1 as a compares with b; neither is NaN.
inline int compared(const Number &a, const Number &b) {
    Number opposite = b;
    opposite.negative = !b.negative;
    if (a.kind == Kind::infinite && b.kind == Kind::infinite && a.negative == b.negative) return 0;
    return add(a, opposite).sign();
}

/// a * b exactly, for significands of up to 64 bits together.
inline Number multiply(const Number &a, const Number &b) {
    const bool negative = a.negative != b.negative;
    if (a.kind == Kind::nan || b.kind == Kind::nan) return special(Kind::nan);
    if (a.kind == Kind::infinite || b.kind == Kind::infinite)
        return a.zero() || b.zero() ? special(Kind::nan) : special(Kind::infinite, negative);
    Number made;
    made.negative = negative;
    made.significand = a.significand * b.significand;
    made.exponent = a.exponent + b.exponent;
    return made;
}

/// value * 2**exponent, rounded to odd where 62 bits do not hold it.
template <int Words>
Number number(const Wide<Words> &value, int exponent) {
    Number made;
    made.negative = value.negative();
    const Wide<Words> magnitude = made.negative ? -value : value;
    const int length = magnitude.length(), lost = length > 62 ? length - 62 : 0;
    for (int place = length - 1; place >= lost; --place)
        made.significand = made.significand << 1 | magnitude.bit(place);
    for (int place = 0; place < lost; ++place)
        if (magnitude.bit(place)) made.significand |= 1;
    made.exponent = exponent + lost;
    return made;
}

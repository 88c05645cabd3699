/// ``nearest_up``: ties toward +infinity.
enum class Rounding : unsigned char { nearest_even, nearest_away, toward_zero, up, down, odd, nearest_up };

/// Away from zero as often as what is cut off is large: as a random number of ``bits`` bits says.
struct Stochastic {
    int bits;
    std::uint64_t random;
};

/// A magnitude cut to an integer, and what is left: how it compares with one half, whether there is
/// any, and ``rest`` / 2**places itself.
struct Cut {
    std::uint64_t floor = 0;
    int half = -1;
    bool inexact = false;
    std::uint64_t rest = 0;
    int places = 0;

    /// The first ``bits`` bits of what is left.
    std::uint64_t first(int bits) const {
        const int beyond = places - bits;
        if (beyond <= 0) return rest << -beyond;
        return beyond > 63 ? 0 : rest >> beyond;
    }
};

/// ``significand`` / 2**places; a negative number of places moves it up.
inline Cut cut(std::uint64_t significand, int places) {
    Cut made;
    if (places <= 0) {
        made.floor = significand << -places;
        return made;
    }
    made.places = places;
    made.rest = places > 63 ? significand : significand & ((std::uint64_t(1) << places) - 1);
    made.inexact = made.rest != 0;
    if (places > 64) return made;
    const std::uint64_t half = std::uint64_t(1) << (places - 1);
    made.floor = places > 63 ? 0 : significand >> places;
    made.half = made.rest < half ? -1 : made.rest > half;
    return made;
}

/// Whether a cut magnitude grows by one.
inline bool grows(Rounding rounding, const Cut &rest, bool odd, bool negative) {
    switch (rounding) {
        case Rounding::nearest_even: return rest.half > 0 || (rest.half == 0 && odd);
        case Rounding::nearest_away: return rest.half >= 0;
        case Rounding::nearest_up: return rest.half > 0 || (rest.half == 0 && !negative);
        case Rounding::toward_zero: return false;
        case Rounding::up: return rest.inexact && !negative;
        case Rounding::down: return rest.inexact && negative;
        default: return rest.inexact && !odd;
    }
}

inline bool grows(const Stochastic &rounding, const Cut &rest, bool, bool) {
    return (rest.first(rounding.bits) + rounding.random) >> rounding.bits;
}

/// Whether a finite value beyond the greatest one becomes it.
inline bool stays_finite(Rounding rounding, bool negative) {
    if (rounding == Rounding::up) return negative;
    if (rounding == Rounding::down) return !negative;
    return rounding == Rounding::toward_zero || rounding == Rounding::odd;
}

inline bool stays_finite(const Stochastic &, bool) { return false; }

template <class How>
std::uint64_t encode_integer(const Format &format, const Number &given, const How &rounding) {
    const std::uint64_t top = std::uint64_t(1) << (format.bits - format.is_signed);
    const std::uint64_t most = !given.negative     ? top - 1
                               : !format.is_signed ? 0
                                                   : top - format.symmetric;
    std::uint64_t magnitude = most;
    const int places = format.lsb - given.exponent;
    if (given.kind == Kind::finite && bit_length(given.significand) - places < 63) {
        const Cut rest = cut(given.significand, places);
        magnitude = rest.floor + grows(rounding, rest, rest.floor & 1, given.negative);
    }
    if (given.kind == Kind::finite && !given.significand) magnitude = 0;
    if (magnitude > most) magnitude = most;
    return (given.negative ? ~magnitude + 1 : magnitude) & format.ones();
}

/// The code of a number in a minifloat with zero.
template <class How>
std::uint64_t encode_minifloat(const Format &format, const Number &given, const How &rounding,
                               bool saturate) {
    if (given.kind == Kind::nan && format.has_nan()) return format.nan_code;
    bool nan = false, over = given.kind != Kind::finite;
    bool negative = given.negative && (format.is_signed || given.sign());
    std::uint64_t code = 0;
    if (!over && given.significand) {
        const int m = format.mantissa_bits, least = 1 - format.bias;
        const int top = given.exponent + bit_length(given.significand) - 1;
        const int binade = top > least ? top : least;
        const Cut rest = cut(given.significand, binade - m - given.exponent);
        code = rest.floor + (static_cast<std::uint64_t>(binade - least) << m);
        code += grows(rounding, rest, code & 1, negative);
        over = code > format.max_code && !stays_finite(rounding, negative);
        if (code > format.max_code) code = format.max_code;
    }

    // Overflow, then the sign.
    const bool own = format.infinity || format.nans == Nans::last ||
                     (format.nans == Nans::mantissas && format.mantissa_bits);
    saturate = saturate || !(format.infinity || format.has_nan());
    if (over) {
        code = format.max_code + (own && !saturate);
        nan = !own && !saturate;
    }
    if (format.is_signed) {
        if (negative && (code || format.negative_zero()))
            code |= std::uint64_t(1) << (format.bits - 1);
    } else if (negative && code) {
        code = saturate || !format.has_nan() ? 0 : format.nan_code;
    }
    return nan ? format.nan_code : code;
}

/// The code next to a number in an integer, which saturates, or in a minifloat.
template <class How>
std::uint64_t encode(const Format &format, const Number &given, const How &rounding,
                     bool saturate) {
    if (format.family == Family::integer) return encode_integer(format, given, rounding);
    return encode_minifloat(format, given, rounding, saturate);
}

/// A number rounded to nearest even in a float format; overflow gives infinity.
inline Number rounded(const Format &format, const Number &given) {
    return fields(format, encode(format, given, Rounding::nearest_even, false));
}

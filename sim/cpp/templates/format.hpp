enum class Family : unsigned char { integer, minifloat, posit, bipolar, sliced, codebook };
enum class Nans : unsigned char { none, last, mantissas, negative_zero };
enum class Slice : unsigned char { slice, extra, trunc, twice };

/// What the codes of an element, a scale or a result stand for.
struct Format {
    Family family = Family::integer;
    int bits = 0;
    int lsb = 0;               // every finite value is a multiple of 2**lsb
    int significand_bits = 0;  // of the largest significand
    bool is_signed = false, symmetric = false;
    int exponent_bits = 0, mantissa_bits = 0, bias = 0;
    Nans nans = Nans::none;
    bool infinity = false, subnormals = true;
    std::uint64_t max_code = 0, nan_code = 0;  // of minifloats
    Slice slice = Slice::slice;
    const std::int64_t *table = nullptr;

    constexpr std::uint64_t ones() const {
        return bits > 63 ? ~std::uint64_t(0) : (std::uint64_t(1) << bits) - 1;
    }
    constexpr bool has_nan() const {
        return nans != Nans::none && (nans != Nans::mantissas || mantissa_bits);
    }
    constexpr bool negative_zero() const {
        return is_signed && subnormals && nans != Nans::negative_zero;
    }
};

constexpr Format integer(int bits, bool is_signed, bool symmetric, int exponent) {
    Format made;
    made.bits = bits;
    made.is_signed = is_signed;
    made.symmetric = symmetric;
    made.lsb = exponent;
    made.significand_bits = bits - (is_signed && symmetric);
    return made;
}

constexpr Format minifloat(int exponent_bits, int mantissa_bits, int bias, bool is_signed,
                           Nans nans, bool infinity, bool subnormals) {
    Format made;
    made.family = Family::minifloat;
    made.bits = exponent_bits + mantissa_bits + is_signed;
    made.exponent_bits = exponent_bits;
    made.mantissa_bits = mantissa_bits;
    made.bias = bias;
    made.is_signed = is_signed;
    made.nans = nans;
    made.infinity = infinity;
    made.subnormals = subnormals;
    made.lsb = subnormals - bias - mantissa_bits;
    made.significand_bits = mantissa_bits + 1;
    const std::uint64_t last = (std::uint64_t(1) << (exponent_bits + mantissa_bits)) - 1;
    std::uint64_t above = infinity;
    if (nans == Nans::last) above += 1;
    if (nans == Nans::mantissas) above += (std::uint64_t(1) << mantissa_bits) - 1;
    made.max_code = last - above;
    const int rest = nans == Nans::mantissas && mantissa_bits ? mantissa_bits - 1 : 0;
    made.nan_code = nans == Nans::negative_zero ? last + 1 : last >> rest << rest;
    return made;
}

constexpr Format posit(int bits, int exponent_bits) {
    Format made;
    made.family = Family::posit;
    made.bits = bits;
    made.is_signed = true;
    made.exponent_bits = exponent_bits;
    made.lsb = -((bits - 2) << exponent_bits);
    made.significand_bits = bits - 3 > exponent_bits ? bits - 2 - exponent_bits : 1;
    return made;
}

constexpr Format bipolar(int bits) {
    Format made;
    made.family = Family::bipolar;
    made.bits = made.significand_bits = bits;
    return made;
}

constexpr Format sliced(int bits, bool is_signed, Slice slice, int significand_bits) {
    Format made;
    made.family = Family::sliced;
    made.bits = bits;
    made.is_signed = is_signed;
    made.slice = slice;
    made.significand_bits = significand_bits;
    return made;
}

constexpr Format codebook(int bits, int exponent, int significand_bits, const std::int64_t *table) {
    Format made;
    made.family = Family::codebook;
    made.bits = bits;
    made.lsb = exponent;
    made.significand_bits = significand_bits;
    made.table = table;
    return made;
}

/// Whether a code may occur.
inline bool legal(const Format &format, std::uint64_t code) {
    if (code > format.ones()) return false;
    return !format.symmetric || code != format.ones() / 2 + 1;
}

inline Number signed_number(std::int64_t value, int exponent) {
    Number made;
    made.negative = value < 0;
    made.significand = value < 0 ? std::uint64_t(0) - static_cast<std::uint64_t>(value)
                                 : static_cast<std::uint64_t>(value);
    made.exponent = exponent;
    return made;
}

inline Number integer_fields(const Format &format, std::uint64_t code) {
    Number made;
    made.negative = format.is_signed && (code >> (format.bits - 1) & 1);
    made.significand = made.negative ? (~code + 1) & format.ones() : code;
    made.exponent = format.lsb;
    return made;
}

inline Number minifloat_fields(const Format &format, std::uint64_t code) {
    const int m = format.mantissa_bits, magnitude_bits = format.exponent_bits + m;
    const std::uint64_t magnitude = code & ((std::uint64_t(1) << magnitude_bits) - 1);
    const int biased = static_cast<int>(magnitude >> m);
    Number made;
    made.negative = format.is_signed && (code >> magnitude_bits & 1);
    made.significand = magnitude & ((std::uint64_t(1) << m) - 1);
    if (biased > 0 || !format.subnormals) made.significand |= std::uint64_t(1) << m;
    made.exponent = (biased > format.subnormals ? biased : format.subnormals) - format.bias - m;
    if (magnitude > format.max_code) made.kind = Kind::nan;
    if (format.infinity && magnitude == format.max_code + 1) made.kind = Kind::infinite;
    if (format.nans == Nans::negative_zero && made.negative && !magnitude) made.kind = Kind::nan;
    return made;
}

inline Number posit_fields(const Format &format, std::uint64_t code) {
    const std::uint64_t top = std::uint64_t(1) << (format.bits - 1);
    Number made;
    made.exponent = format.lsb;
    if (code == top) made.kind = Kind::nan;
    if (code == top || !code) return made;
    made.negative = (code & top) != 0;
    const std::uint64_t body = (made.negative ? ~code + 1 : code) & (top - 1);

    // The regime: bits equal to the first behind the sign.
    const std::uint64_t first = body >> (format.bits - 2) & 1;
    int run = 0;
    while (run < format.bits - 1 && (body >> (format.bits - 2 - run) & 1) == first) ++run;
    const int regime = first ? run - 1 : -run;

    // Exponent and fraction: what follows the regime and its end.
    const int rest = format.bits - 2 - run > 0 ? format.bits - 2 - run : 0;
    const int kept = rest < format.exponent_bits ? rest : format.exponent_bits;
    const std::uint64_t tail = body & ((std::uint64_t(1) << rest) - 1);
    const int fraction_bits = rest - kept;
    const int exponent = static_cast<int>(tail >> fraction_bits) << (format.exponent_bits - kept);
    made.significand = (tail & ((std::uint64_t(1) << fraction_bits) - 1)) | std::uint64_t(1)
                                                                                << fraction_bits;
    made.exponent = regime * (1 << format.exponent_bits) + exponent - fraction_bits;
    return made;
}

/// A stored integer of which ``select`` low bits are rounded away.
inline Number sliced_fields(const Format &format, std::uint64_t code, unsigned select) {
    const bool below = format.is_signed && (code >> (format.bits - 1) & 1);
    const std::int64_t scale = std::int64_t(1) << format.bits;
    const std::int64_t value = static_cast<std::int64_t>(code) - (below ? scale : 0);
    const int most = format.bits - 1,
              dropped = static_cast<int>(select) < most ? static_cast<int>(select) : most;
    const std::int64_t size = std::int64_t(1) << dropped, half = size / 2;
    const auto floored = [size](std::int64_t x) {
        return x >= 0 ? x / size : -((size - 1 - x) / size);
    };
    std::int64_t up = 0;
    if (format.slice == Slice::slice || format.slice == Slice::extra) up = half;
    if (format.slice == Slice::twice && dropped) up = half - 1 + (floored(value) & 1);
    std::int64_t kept = floored(value + up);
    const std::int64_t greatest = ((scale >> format.is_signed) - 1) >> dropped;
    if (format.slice != Slice::extra && kept > greatest) kept = greatest;
    return signed_number(kept * size, 0);
}

/// A code in its parts; ``select`` is the table in force, or the bits that a sliced integer drops.
inline Number fields(const Format &format, std::uint64_t code, unsigned select = 0) {
    switch (format.family) {
        case Family::integer: return integer_fields(format, code);
        case Family::minifloat: return minifloat_fields(format, code);
        case Family::posit: return posit_fields(format, code);
        case Family::sliced: return sliced_fields(format, code, select);
        case Family::bipolar:
            return signed_number(
                2 * static_cast<std::int64_t>(code) - static_cast<std::int64_t>(format.ones()), 0);
        default:
            return signed_number(format.table[(std::size_t(select) << format.bits) + code],
                                 format.lsb);
    }
}

/// The same number with the significand's leading bit in the highest place that it has.
inline Number full(const Format &format, Number given) {
    if (format.family != Family::posit || !given.significand) return given;
    const int missing = format.significand_bits - bit_length(given.significand);
    given.significand <<= missing;
    given.exponent -= missing;
    return given;
}

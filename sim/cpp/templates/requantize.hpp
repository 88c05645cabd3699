/// Integers of sums, biases and products of them with a multiplier, moved up by 64 places.
using WideSum = Wide<6>;

/// What is cut off at ``places`` of a value that is not negative.
inline Cut rest_of(const WideSum &magnitude, int places) {
    Cut made;
    bool below = false;
    for (int place = 0; place < places - 1; ++place) below = below || magnitude.bit(place);
    const bool half = magnitude.bit(places - 1);
    made.half = half ? below : -1;
    made.inexact = half || below;
    return made;
}

/// value / 2**distance, rounded to an integer; times as much where the distance is negative.
inline WideSum shifted_right(const WideSum &value, int distance, Rounding rounding) {
    if (distance <= 0) return value << -distance;
    const bool negative = value.negative();
    const WideSum magnitude = negative ? -value : value;
    WideSum made;
    for (int place = distance; place < 32 * 6; ++place)
        if (magnitude.bit(place))
            made.word[(place - distance) / 32] |= std::uint32_t(1) << (place - distance) % 32;
    if (grows(rounding, rest_of(magnitude, distance), made.bit(0), negative)) made += WideSum::of(1);
    return negative ? -made : made;
}

/// A value, or what is far beyond all results.
inline std::int64_t near(const WideSum &value) {
    const bool negative = value.negative();
    const WideSum magnitude = negative ? -value : value;
    const std::int64_t far = std::int64_t(1) << 40;
    std::int64_t made = far;
    if (magnitude.length() < 40) {
        made = static_cast<std::int64_t>(magnitude.word[1]) << 32 | magnitude.word[0];
    }
    return negative ? -made : made;
}

/// The code of a rounded integer: zero point, ReLU, clamp, saturation.
template <class D>
std::uint64_t ended(std::int64_t rounded) {
    std::int64_t value = rounded + D::zero;
    if (value < D::low) value = D::low;
    if (value > D::high) value = D::high;
    return static_cast<std::uint64_t>(value) & D::target.ones();
}

inline WideSum wide_of(const Number &given) { return WideSum::of(given.significand, given.negative); }

/// A sum and its bias.
template <class D>
WideSum biased(std::uint64_t code, const Number *held) {
    WideSum made = wide_of(fields(D::element, code));
    if constexpr (D::bias >= 0) made += wide_of(held[D::bias]);
    return made;
}

/// What is shifted, and how far: sums times integer multipliers.
template <class D>
struct Scaled {
    WideSum product;
    int distance = D::distance;

    Scaled(std::uint64_t code, const Number *held) : product(biased<D>(code, held)) {
        if constexpr (D::multiplier >= 0) {
            product = product * held[D::multiplier].significand;
            if (held[D::multiplier].negative) product = -product;
        }
        if constexpr (D::shift >= 0) distance += static_cast<int>(whole(held[D::shift]));
    }
};

/// One rounding, of the rule's own (HAWQ-V3).
template <class D>
struct Dyadic {
    static std::uint64_t result(std::uint64_t code, const Number *held) {
        const Scaled<D> given(code, held);
        return ended<D>(near(shifted_right(given.product, given.distance, D::rounding)));
    }

    static void answer(const Source *sources, Sink &sink) {
        elementwise<D, Dyadic>(sources, sink);
    }
};

/// Two roundings: at 31 places ties up, then ties away from zero (gemmlowp).
template <class D>
struct Tflite {
    static std::uint64_t result(std::uint64_t code, const Number *held) {
        const Scaled<D> given(code, held);
        const int first = given.distance < 31 ? given.distance : 31;
        const WideSum upper = shifted_right(given.product, first, Rounding::nearest_up);
        const int second = given.distance - first;
        return ended<D>(near(shifted_right(upper, second, Rounding::nearest_away)));
    }

    static void answer(const Source *sources, Sink &sink) {
        elementwise<D, Tflite>(sources, sink);
    }
};

/// A float sum and its bias, rounded once.
template <class D>
Number summed(std::uint64_t code, const Number *held) {
    const Number made = fields(D::element, code);
    if constexpr (D::bias >= 0) return rounded(D::summed, add(made, held[D::bias]));
    return made;
}

/// The exact product with a float, rounded once to a float; NaN is zero where there is none.
template <class D>
struct FloatScale {
    static std::uint64_t result(std::uint64_t code, const Number *held) {
        ExactProduct<6> product;
        if constexpr (D::floats) product.times(summed<D>(code, held));
        else product.from(biased<D>(code, held));
        if constexpr (D::multiplier >= 0) product.times(held[D::multiplier]);
        const Number exact = product.odd();
        const bool nothing = exact.kind == Kind::nan && !D::target.has_nan();
        return ends(nothing ? 0 : encode_product(D::target, exact, D::saturates));
    }

    /// ReLU, then the clamp.
    static std::uint64_t ends(std::uint64_t code) {
        Number value = fields(D::target, code);
        if (value.kind == Kind::nan) return code;
        if (D::relu && value.negative) value = fields(D::target, code = 0);
        if constexpr (D::clamps) {
            if (compared(value, fields(D::target, D::least)) <= 0) code = D::least;
            if (compared(value, fields(D::target, D::greatest)) >= 0) code = D::greatest;
        }
        return code;
    }

    static void answer(const Source *sources, Sink &sink) { elementwise<D, FloatScale>(sources, sink); }
};

/// FP32(x) times an FP32 scale in FP32, to the nearest integer (ONNX).
template <class D>
struct Qlinear {
    static std::uint64_t result(std::uint64_t code, const Number *held) {
        const Number product = scaled(code, held);
        if (product.kind == Kind::nan) return ended<D>(0);
        const Format wide = integer(40, true, false, 0);
        const std::uint64_t nearest = encode(wide, product, Rounding::nearest_even, true);
        return ended<D>(whole(fields(wide, nearest)));
    }

    static Number scaled(std::uint64_t code, const Number *held) {
        Number first;
        if constexpr (D::floats) first = summed<D>(code, held);
        else first = rounded(*D::held_formats[D::multiplier], number(biased<D>(code, held), 0));
        if constexpr (D::multiplier >= 0)
            first = rounded(*D::held_formats[D::multiplier], multiply(first, held[D::multiplier]));
        return first;
    }

    static void answer(const Source *sources, Sink &sink) {
        elementwise<D, Qlinear>(sources, sink);
    }
};

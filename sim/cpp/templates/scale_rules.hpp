enum class ScaleRule : unsigned char { floor, even, ceil, rceil, absmax, nearest };

/// Whether rounding ``most`` to an element's mantissa may bring the next power of two.
inline bool rounds_up(const Number &most, int mantissa_bits) {
    const std::uint64_t below = ~normal(most) + 1;  // what is missing at 2**64
    return below <= std::uint64_t(1) << (62 - mantissa_bits);
}

/// The exponent of the power of two that a rule gives a block with the greatest magnitude ``most``,
/// which is not zero, where elements reach to ``reach``.
template <class D>
int power_of(const Number &most, const Number &reach) {
    const int exponent = leading(most) - leading(reach);
    switch (D::rule) {
        case ScaleRule::even: return exponent + rounds_up(most, D::mantissa_bits);
        case ScaleRule::ceil: return exponent + (normal(most) << 1 != 0);
        case ScaleRule::rceil: return exponent + (normal(most) > normal(reach));
        default: return exponent;
    }
}

/// The code of most / unit in a float format, rounded as the rule says; it saturates.
template <class D>
std::uint64_t scale_code(const Format &format, const Number &most, const Number &unit) {
    const Rounding how =
        D::rule == ScaleRule::absmax ? Rounding::up : Rounding::nearest_even;
    return encode(format, divided(most, unit), how, true);
}

/// The code of the scale of a block with the greatest magnitude ``most``, times that of a tensor.
template <class D>
std::uint64_t block_scale(const Number &most, const Number &tensor) {
    if constexpr (D::power) {
        if (!most.significand) return 0;
        const int code = power_of<D>(most, D::reach) + D::scale.bias;
        const int top = static_cast<int>(D::scale.max_code);
        return static_cast<std::uint64_t>(code < 0 ? 0 : code > top ? top : code);
    } else {
        return scale_code<D>(D::scale, most, multiply(D::reach, tensor));
    }
}

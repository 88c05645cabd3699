/// An exact product of numbers; factors have 32 * Words bits together.
template <int Words>
class ExactProduct {
  public:
    void times(const Number &factor) {
        negative_ = negative_ != factor.negative;
        nan_ = nan_ || factor.kind == Kind::nan;
        infinite_ = infinite_ || factor.kind == Kind::infinite;
        zero_ = zero_ || factor.zero();
        if (factor.kind != Kind::finite) return;
        significand_ = significand_ * factor.significand;
        exponent_ += factor.exponent;
    }

    /// A first factor, an integer of any size.
    void from(const Wide<Words> &integer) {
        negative_ = integer.negative();
        zero_ = integer.zero();
        significand_ = negative_ ? -integer : integer;
    }

    /// The product, rounded to odd where 62 bits do not hold it. Zero times infinity is NaN.
    Number odd() const {
        if (nan_ || (infinite_ && zero_)) return special(Kind::nan);
        if (infinite_) return special(Kind::infinite, negative_);
        Number made = number(significand_, exponent_);
        made.negative = negative_;
        return made;
    }

  private:
    bool negative_ = false, nan_ = false, infinite_ = false, zero_ = false;
    Wide<Words> significand_ = Wide<Words>::of(1);
    int exponent_ = 0;
};

/// A product's code, rounded to nearest even; in an integer NaN is zero.
inline std::uint64_t encode_product(const Format &format, const Number &product, bool saturate) {
    if (format.family == Family::integer && product.kind == Kind::nan) return 0;
    return encode(format, product, Rounding::nearest_even, saturate);
}

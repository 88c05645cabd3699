/// What was added up beside finite numbers: a NaN, a +infinity, a -infinity.
struct Flags {
    bool nan = false, positive = false, negative = false;

    bool any() const { return nan || positive || negative; }

    Flags &operator|=(const Flags &other) {
        nan = nan || other.nan;
        positive = positive || other.positive;
        negative = negative || other.negative;
        return *this;
    }

    /// What a number of that sign and these flags stands for.
    Number apply(const Number &finite) const {
        if (nan || (positive && negative)) return special(Kind::nan);
        if (positive || negative) return special(Kind::infinite, negative);
        return finite;
    }

    /// The flags after multiplication by ``factor``; ``sign`` is that of what is finite.
    Flags times(const Number &factor, int sign) const {
        Number shadow;
        shadow.significand = sign != 0;
        shadow.negative = sign < 0;
        Number unit = factor;
        if (unit.kind == Kind::finite) {
            unit.significand = factor.significand != 0;
            unit.exponent = 0;
        }
        const Number product = multiply(apply(shadow), unit);
        Flags made;
        made.nan = product.kind == Kind::nan;
        made.positive = product.kind == Kind::infinite && !product.negative;
        made.negative = product.kind == Kind::infinite && product.negative;
        return made;
    }
};

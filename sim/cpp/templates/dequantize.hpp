/// (q - zero point) times scales, rounded once.
template <class D>
struct Dequantize {
    static std::uint64_t result(std::uint64_t code, const Number *held) {
        Number element = fields(D::element, code);
        if constexpr (D::integers) {
            std::int64_t value = whole(element);
            if constexpr (D::zero >= 0) value -= whole(held[D::zero]);
            for (int i = 0; i < D::scales; ++i)
                if (D::held_formats[i]->family == Family::integer) value *= whole(held[i]);
            if constexpr (D::wraps) {
                const int up = D::unit - D::target.lsb;
                const std::uint64_t bits = static_cast<std::uint64_t>(value);
                return up > 63 ? 0 : bits << up & D::target.ones();
            }
            element = signed_number(value, D::unit);
        }
        ExactProduct<5> product;
        product.times(element);
        for (int i = 0; i < D::scales; ++i)
            if (D::held_formats[i]->family != Family::integer) product.times(held[i]);
        return encode_product(D::target, product.odd(), D::saturates);
    }

    static void answer(const Source *sources, Sink &sink) {
        elementwise<D, Dequantize>(sources, sink);
    }
};

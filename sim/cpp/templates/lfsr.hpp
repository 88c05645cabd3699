/// What rounds a token's values: random numbers of so many bits, from a Galois register of 33 bits that
/// begins with the token's seed.
template <int Bits>
class Roundings {
  public:
    explicit Roundings(std::uint64_t seed) : state_(seed | std::uint64_t(1) << 32) { step(1000); }

    /// The next value's.
    Stochastic next() {
        const std::uint64_t made = state_ & ((std::uint64_t(1) << Bits) - 1);
        step(Bits);
        return {Bits, made};
    }

  private:
    void step(int count) {
        const std::uint64_t taps = std::uint64_t(1) << 32 | std::uint64_t(1) << 19;
        for (int i = 0; i < count; ++i) state_ = state_ >> 1 ^ (state_ & 1 ? taps : 0);
    }

    std::uint64_t state_;
};

/// Without random numbers values are rounded to nearest even.
template <>
class Roundings<0> {
  public:
    explicit Roundings(std::uint64_t) {}
    Rounding next() const { return Rounding::nearest_even; }
};

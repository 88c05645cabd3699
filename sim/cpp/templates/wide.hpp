inline int bit_length(std::uint64_t value) {
    int length = 0;
    for (; value; value >>= 1) ++length;
    return length;
}

/// Two's complement integers of Words times 32 bits, 2 words at least; sums and products are taken
/// modulo 2**(32 Words).
template <int Words>
struct Wide {
    std::uint32_t word[Words] = {};  // the lowest first

    static Wide of(std::uint64_t magnitude, bool negated = false) {
        Wide made;
        made.word[0] = static_cast<std::uint32_t>(magnitude);
        made.word[1] = static_cast<std::uint32_t>(magnitude >> 32);
        return negated ? -made : made;
    }

    bool negative() const { return word[Words - 1] >> 31 != 0; }

    bool zero() const {
        for (int i = 0; i < Words; ++i)
            if (word[i]) return false;
        return true;
    }

    /// -1, 0 or 1.
    int sign() const { return negative() ? -1 : !zero(); }

    Wide operator-() const {
        Wide made;
        std::uint64_t carry = 1;
        for (int i = 0; i < Words; ++i) {
            carry += static_cast<std::uint32_t>(~word[i]);
            made.word[i] = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        return made;
    }

    Wide &operator+=(const Wide &other) {
        std::uint64_t carry = 0;
        for (int i = 0; i < Words; ++i) {
            carry += static_cast<std::uint64_t>(word[i]) + other.word[i];
            word[i] = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        return *this;
    }

    Wide operator<<(int places) const {
        Wide made;
        const int whole = places / 32, rest = places % 32;
        for (int i = Words - 1; i >= whole; --i) {
            std::uint64_t both = static_cast<std::uint64_t>(word[i - whole]) << 32;
            if (i > whole) both |= word[i - whole - 1];
            made.word[i] = static_cast<std::uint32_t>(both << rest >> 32);
        }
        return made;
    }

    Wide operator*(std::uint64_t factor) const {
        Wide made = by_word(static_cast<std::uint32_t>(factor));
        if (factor >> 32) made += by_word(static_cast<std::uint32_t>(factor >> 32)) << 32;
        return made;
    }

    /// Bits of a value that is not negative.
    int length() const {
        for (int i = Words - 1; i >= 0; --i)
            if (word[i]) return 32 * i + bit_length(word[i]);
        return 0;
    }

    bool bit(int place) const {
        return place < 32 * Words && (word[place / 32] >> place % 32 & 1) != 0;
    }

    /// The value of the low ``bits`` bits, two's complement if ``is_signed``.
    Wide wrapped(int bits, bool is_signed) const {
        Wide made = *this;
        const bool high = is_signed && bit(bits - 1);
        for (int place = bits; place < 32 * Words; ++place) {
            const std::uint32_t mask = std::uint32_t(1) << place % 32;
            made.word[place / 32] =
                high ? made.word[place / 32] | mask : made.word[place / 32] & ~mask;
        }
        return made;
    }

    /// Whether it is less than ``other``; their difference must fit.
    bool below(const Wide &other) const {
        Wide difference = *this;
        difference += -other;
        return difference.negative();
    }

  private:
    Wide by_word(std::uint32_t factor) const {
        Wide made;
        std::uint64_t carry = 0;
        for (int i = 0; i < Words; ++i) {
            carry += static_cast<std::uint64_t>(word[i]) * factor;
            made.word[i] = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        return made;
    }
};

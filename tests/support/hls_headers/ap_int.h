// What the tests need of Vitis HLS's ap_int.h, written for them: words of bits, and ranges of these.
#ifndef AP_INT_H
#define AP_INT_H

#include <cstdint>

#ifndef AP_INT_MAX_W
#define AP_INT_MAX_W 1024
#endif

template <int Width>
class ap_uint {
    static_assert(Width >= 1 && Width <= AP_INT_MAX_W, "AP_INT_MAX_W bits at the most");
    bool bit[Width] = {};

    class Range {
        ap_uint &whole;
        int high, low;

    public:
        Range(ap_uint &word, int to, int from) : whole(word), high(to), low(from) {}
        Range &operator=(std::uint64_t value) {
            for (int i = low; i <= high; ++i) whole.bit[i] = i - low < 64 && (value >> (i - low) & 1);
            return *this;
        }
    };

    class Value {
        std::uint64_t value;

    public:
        explicit Value(std::uint64_t given) : value(given) {}
        std::uint64_t to_uint64() const { return value; }
    };

public:
    ap_uint(std::uint64_t value = 0) { range(Width - 1, 0) = value; }
    Range range(int high, int low) {
        check(high, low);
        return Range(*this, high, low);
    }
    Value range(int high, int low) const {
        check(high, low);
        std::uint64_t value = 0;
        for (int i = low; i <= high && i - low < 64; ++i) value |= std::uint64_t(bit[i]) << (i - low);
        return Value(value);
    }

private:
    static void check(int high, int low) {
        if (low < 0 || high < low || high >= Width) __builtin_trap();
    }
};

#endif

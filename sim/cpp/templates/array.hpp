/// An array of the caller's, of 1, 2, 4 or 8 bytes an item.
struct Array {
    const void *data = nullptr;
    int bytes = 0;

    std::uint64_t ones() const {
        return bytes > 7 ? ~std::uint64_t(0) : (std::uint64_t(1) << 8 * bytes) - 1;
    }

    std::uint64_t at(std::size_t index) const {
        switch (bytes) {
            case 1: return static_cast<const std::uint8_t *>(data)[index];
            case 2: return static_cast<const std::uint16_t *>(data)[index];
            case 4: return static_cast<const std::uint32_t *>(data)[index];
            default: return static_cast<const std::uint64_t *>(data)[index];
        }
    }
};

inline bool legal_codes(const Format &format, const Array &array, std::size_t count) {
    if (!array.data) return false;
    for (std::size_t i = 0; i < count; ++i)
        if (!legal(format, array.at(i))) return false;
    return true;
}

constexpr int most_fields = 8;

/// The beats of a stream that goes in: of each field the values of all of them.
struct Source {
    std::size_t beats = 0;
    Array field[most_fields];
    const std::uint8_t *last = nullptr;

    bool ends(std::size_t beat) const { return last[beat] != 0; }
};

/// Room for codes of 1, 2, 4 or 8 bytes; what is put without any is lost.
struct Room {
    void *data = nullptr;
    int bytes = 0;

    void put(std::size_t index, std::uint64_t code) const {
        if (!data) return;
        switch (bytes) {
            case 1: static_cast<std::uint8_t *>(data)[index] = static_cast<std::uint8_t>(code); break;
            case 2: static_cast<std::uint16_t *>(data)[index] = static_cast<std::uint16_t>(code); break;
            case 4: static_cast<std::uint32_t *>(data)[index] = static_cast<std::uint32_t>(code); break;
            default: static_cast<std::uint64_t *>(data)[index] = code;
        }
    }
};

/// Where the beats of the stream that comes out go, and how many there were.
struct Sink {
    Room field[most_fields];
    std::uint8_t *last = nullptr;
    std::size_t beats = 0;

    void end(bool marked) {
        if (last) last[beats] = marked;
        ++beats;
    }
};

/// A field of the streams that go in: values of a beat, their format, and what is said of others.
struct Port {
    int stream, field, count;
    const Format *format;
    const char *complaint;
};

/// What is wrong with the beats of all streams, or a null pointer.
template <class D>
const char *wrong_beats(const Source (&sources)[D::sources]) {
    for (const Port &port : D::ports) {
        const Source &source = sources[port.stream];
        const std::size_t count = source.beats * static_cast<std::size_t>(port.count);
        if (count && !legal_codes(*port.format, source.field[port.field], count))
            return port.complaint;
    }
    for (int stream = 0; stream < D::sources; ++stream)
        if (D::marked[stream] && sources[stream].beats && !sources[stream].last)
            return D::marked[stream];
    return nullptr;
}

/// Codes about zero: of each value, over its scale, the next element.
template <class D>
struct Symmetric {
    Number total;

    void scaled(const Number &scale, const Number &tensor, std::uint64_t) {
        total = multiply(scale, tensor);
    }

    template <class How>
    std::uint64_t code(const Number &x, const How &how) const {
        if (!total.significand) return 0;
        return encode(D::element, divided(x, total), how, true);
    }
};

/// A finite number rounded to an integer, or what is far beyond all codes.
template <class How>
std::int64_t nearest_whole(const Number &given, const How &how) {
    const Format wide = integer(40, true, false, 0);
    return whole(fields(wide, encode(wide, given, how, true)));
}

/// Codes about a zero point.
template <class D>
struct Ranged {
    Number scale;
    std::int64_t zero = 0;

    static std::int64_t within(std::int64_t code) {
        const std::int64_t top = static_cast<std::int64_t>(D::element.ones());
        return code < 0 ? 0 : code > top ? top : code;
    }

    void scaled(const Number &given, const Number &, std::uint64_t point) {
        scale = given;
        zero = static_cast<std::int64_t>(point);
    }

    template <class How>
    std::uint64_t code(const Number &x, const How &how) const {
        return static_cast<std::uint64_t>(within(nearest_whole(divided(x, scale), how) + zero));
    }
};

/// Values as codes, with a scale for each block.
template <class D>
class Quantize {
  public:
    static void answer(const Source *sources, Sink &sink) { Quantize(sources, sink).tokens(); }

  private:
    static constexpr int each = D::width / D::parts;

    struct Block {
        std::size_t begin, end;
        int part;
    };

    const Source *sources_;
    Sink &sink_;
    std::size_t beats_;

    Quantize(const Source *sources, Sink &sink) : sources_(sources), sink_(sink) {
        beats_ = sources[0].beats;
        if constexpr (D::channel >= 0)
            if (sources[D::channel].beats < beats_) beats_ = sources[D::channel].beats;
    }

    /// One token after the other, as long as there is what they need.
    void tokens() {
        std::size_t begin = 0;
        for (std::size_t token = 0; begin < beats_; ++token) {
            if constexpr (D::tensor_source >= 0)
                if (token >= sources_[D::tensor_source].beats) return;
            if constexpr (D::seed >= 0)
                if (token >= sources_[D::seed].beats) return;
            std::size_t end = begin;
            bool ended = false;
            while (end < beats_ && !ended) {
                ended = sources_[0].ends(end) || (D::token && end + 1 - begin == D::token);
                ++end;
            }
            if (D::token && !ended) return;
            std::uint64_t tensor = 0;
            if constexpr (D::tensor_source >= 0) tensor = sources_[D::tensor_source].field[0].at(token);
            if constexpr (D::token > 0) tensor = tensor_of(begin, end);
            std::uint64_t seed = 0;
            if constexpr (D::seed >= 0) seed = sources_[D::seed].field[0].at(token);
            blocks(begin, end, ended, tensor, seed);
            begin = end;
        }
    }

    /// The blocks of a token; the last one is left out if more of it may come.
    void blocks(std::size_t begin, std::size_t end, bool ended, std::uint64_t tensor,
                std::uint64_t seed) {
        Roundings<D::random_bits> roundings(seed);
        while (begin < end) {
            const bool whole_block = end - begin >= D::beats;
            if (!whole_block && !ended) return;
            const std::size_t last = whole_block ? begin + D::beats : end;
            for (int part = 0; part < D::parts; ++part)
                block({begin, last, part}, tensor, roundings);
            for (std::size_t beat = begin; beat < last; ++beat) {
                if constexpr (D::tensor_field >= 0)
                    sink_.field[D::tensor_field].put(beat, tensor);
                sink_.end(ended && beat + 1 == end);
            }
            begin = last;
        }
    }

    /// Value ``at`` of all beats', after shift and factor of its channel.
    Number value(std::size_t at) const {
        Number x = fields(D::values, sources_[0].field[0].at(at));
        if constexpr (D::shift >= 0) {
            Number less = fields(D::shift_format, sources_[D::channel].field[D::shift].at(at));
            less.negative = !less.negative;
            x = rounded(D::inner, add(x, less));
        }
        if constexpr (D::factor >= 0) {
            const Number by = fields(D::factor_format, sources_[D::channel].field[D::factor].at(at));
            x = rounded(D::inner, multiply(x, by));
        }
        return x;
    }

    /// The scale of a token, of its greatest magnitude.
    std::uint64_t tensor_of(std::size_t begin, std::size_t end) const {
        Number most;
        for (std::size_t at = begin * D::width; at < end * D::width; ++at) {
            Number x = value(at);
            x.negative = false;
            if (x.kind != Kind::finite) return D::tensor.nan_code;
            if (compared(x, most) > 0) most = x;
        }
        const std::uint64_t least = std::uint64_t(1) << D::tensor.mantissa_bits;
        const std::uint64_t code = scale_code<D>(D::tensor, most, D::greatest);
        return code < least ? least : code;
    }

    template <class Function>
    void each_value(const Block &block, const Function &function) const {
        for (std::size_t beat = block.begin; beat < block.end; ++beat)
            for (int i = 0; i < each; ++i)
                function(beat * D::width + static_cast<std::size_t>(block.part * each + i));
    }

    void block(const Block &own, std::uint64_t tensor_code, Roundings<D::random_bits> &roundings) {
        Number most, low, high, tensor;
        bool sound = true;
        tensor.significand = 1;
        if constexpr (D::has_tensor) {
            tensor = fields(D::tensor, tensor_code);
            sound = tensor.kind == Kind::finite && !tensor.negative &&
                    tensor.significand >> D::tensor.mantissa_bits;
        }
        each_value(own, [&](std::size_t at) {
            Number x = value(at);
            if (x.kind != Kind::finite) sound = false;
            if (!sound) return;
            if (compared(x, low) < 0) low = x;
            if (compared(x, high) > 0) high = x;
            x.negative = false;
            if (compared(x, most) > 0) most = x;
        });

        std::uint64_t scale = D::scale.nan_code, point = 0;
        std::conditional_t<D::ranged, Ranged<D>, Symmetric<D>> codes;
        if (sound) {
            if constexpr (D::ranged) {
                scale = range_scale(low, high);
                low.negative = false;
                const Number held = fields(D::scale, scale);
                point = static_cast<std::uint64_t>(Ranged<D>::within(
                    nearest_whole(divided(low, held), Rounding::nearest_even)));
            } else {
                scale = block_scale<D>(most, tensor);
            }
            codes.scaled(fields(D::scale, scale), tensor, point);
        }
        each_value(own, [&](std::size_t at) {
            Number x = value(at);
            const auto how = roundings.next();
            std::uint64_t code = 0;
            if (sound) {
                code = codes.code(x, how);
            } else {
                Number zero;
                zero.negative = x.negative;
                code = encode(D::element, zero, Rounding::nearest_even, true);
            }
            sink_.field[0].put(at, code);
        });
        for (std::size_t beat = own.begin; beat < own.end; ++beat) {
            const std::size_t at = beat * D::parts + static_cast<std::size_t>(own.part);
            sink_.field[1].put(at, scale);
            if constexpr (D::ranged) sink_.field[2].put(at, point);
        }
    }

    /// The scale of a range with zero in it; of nothing but zeros 1.
    static std::uint64_t range_scale(const Number &low, const Number &high) {
        Number least, below = low;
        below.negative = false;
        least.significand = D::element.ones();
        const Number steps = least;
        least.exponent = D::scale.lsb;
        Number size = add(high, below);
        if (!size.significand)
            size = steps;
        else if (compared(size, least) < 0)
            size = least;
        return scale_code<D>(D::scale, size, steps);
    }
};

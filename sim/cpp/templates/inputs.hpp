enum class Product : unsigned char { exact, lmul, overpacked, overpacked_corrected };
enum class Rule : unsigned char { exact, wrap, saturate, fp, aligned };

/// The elements that share a scale or a selection: vectors by elements of K; 0 is all of them.
struct Span {
    int rows, columns;
};

/// Elements of a side; ``codes`` is the number of their array, -1 of constants, which have none;
/// ``selected`` tells whether one of several tables is chosen.
struct Plane {
    const Format *element;
    int codes;
    bool selected;
};

/// Scales of a side: one array of codes.
struct Level {
    const Format *format;
    Span span;
};

/// A level of scales that multiplies something.
struct Scale {
    int side, level;
};

/// Products of a weight's and an activation's plane.
struct Pair {
    int weight, activation;
    bool negative;
};

/// Sum of products in units of 2**unit, times integer scales: ranges of pairs and of scales.
struct Part {
    int first_pair, pairs, first_scale, scales, unit;
};

/// Sum of parts in units of 2**unit, times the scales of a group; then ``shift`` leads to the unit
/// of a raw sum.
struct Term {
    int first_part, parts, first_scale, scales, unit, shift;
};

/// Sum over groups of terms, times the scales at the end, for one of the outputs.
struct Sum {
    int output, first_term, terms, first_scale, scales;
};

/// A tile as it was given; D describes the design.
template <class D>
struct Inputs {
    int vectors[2] = {};  // rows, columns
    int k = 0;            // elements along K
    int kept = 0;         // those of a sparse weight that are there, else all
    Array codes[2][D::most_codes], scales[2][D::most_levels], select[2], index, bias, initial;
};

/// Where along K the c-th kept element of a row stands.
template <class D>
int place_of(const Inputs<D> &in, int row, int c) {
    if constexpr (!D::window) return c;
    const std::uint64_t inside = in.index.at(static_cast<std::size_t>(row) * in.kept + c);
    return c / D::kept * D::window + static_cast<int>(inside);
}

inline std::size_t spread(const Span &span, int vector, int c, int k) {
    const std::size_t across = span.columns ? (k + span.columns - 1) / span.columns : 1;
    return (span.rows ? vector / span.rows : 0) * across + (span.columns ? c / span.columns : 0);
}

/// The c-th element of a plane in the product of ``row`` and ``col``.
template <class D>
Number element(const Inputs<D> &in, int side, int plane, int row, int col, int c) {
    const Plane &own = D::planes[side][plane];
    const int vector = side ? col : row;
    std::uint64_t code = 0;
    if (own.codes >= 0) {
        const int place = side ? place_of(in, row, c) : c;
        code = in.codes[side][own.codes].at(
            static_cast<std::size_t>(vector) * (side ? in.k : in.kept) + place);
    }
    unsigned select = 0;
    if (own.selected)
        select = static_cast<unsigned>(
            in.select[side].at(spread(D::select_spans[side], vector, c, in.kept)));
    Number found = fields(*own.element, code, select);
    // L-Mul counts subnormal elements as zero.
    if (D::product == Product::lmul && found.kind == Kind::finite &&
        bit_length(found.significand) < own.element->significand_bits)
        found.significand = 0;
    return found;
}

/// The scale in force at element c.
template <class D>
Number scale_at(const Inputs<D> &in, const Scale &scale, int row, int col, int c) {
    const Level &level = D::levels[scale.side][scale.level];
    const std::size_t place = spread(level.span, scale.side ? col : row, c, in.kept);
    return fields(*level.format, in.scales[scale.side][scale.level].at(place));
}

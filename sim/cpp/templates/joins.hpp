/// Beats that a part hands to the next.
struct Kept {
    std::size_t beats = 0;
    std::vector<std::uint64_t> field[most_fields];
    std::vector<std::uint8_t> last;

    /// The beats of what ``answer`` makes of ``sources``, of which a field has so many values.
    template <class Answer>
    Kept(const Answer &answer, const Source *sources, const std::vector<int> &counts) {
        Sink sink;
        answer(sources, sink);
        beats = sink.beats;
        sink.beats = 0;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            field[i].assign(beats * static_cast<std::size_t>(counts[i]), 0);
            sink.field[i] = {field[i].data(), 8};
        }
        last.assign(beats, 0);
        sink.last = last.data();
        answer(sources, sink);
    }

    Kept() = default;

    Array values(int number) const { return {field[number].data(), 8}; }
};

/// How the values of results are regrouped along K: see macsmith's golden.joins.
struct Join {
    int vectors, given, arriving, leaving, taken, every, bits;
    bool by_row;
};

/// Values of results as beats of what follows; what is not whole is left out.
inline Kept joined(const Join &join, const Kept &results) {
    const std::size_t size = static_cast<std::size_t>(join.leaving) * join.taken * join.vectors,
                      times = results.beats / static_cast<std::size_t>(join.arriving);
    const std::uint64_t ones =
        join.bits > 63 ? ~std::uint64_t(0) : (std::uint64_t(1) << join.bits) - 1;
    Kept made;
    for (std::size_t time = 0; time < times; ++time)
        for (int beat = 0; beat < join.leaving; ++beat) {
            for (int vector = 0; vector < join.vectors; ++vector)
                for (int element = beat * join.taken; element < (beat + 1) * join.taken; ++element) {
                    const int block = element / join.given * join.given * join.vectors,
                              along = element % join.given;
                    const int place = join.by_row ? along * join.vectors + vector
                                                  : vector * join.given + along;
                    const std::size_t at = time * size + static_cast<std::size_t>(block + place);
                    made.field[0].push_back(results.field[0][at] & ones);
                }
            ++made.beats;
            const bool counted = join.every && made.beats % static_cast<std::size_t>(join.every) == 0;
            const std::size_t whole = (time + 1) * static_cast<std::size_t>(join.arriving);
            const bool marked = beat + 1 == join.leaving && results.last[whole - 1];
            made.last.push_back(join.every ? counted : marked);
        }
    return made;
}

/// Scales that stand beside the values of a block, in each of its beats: of fields ``first`` …,
/// those of the first beat of each block of ``every``, or, for 0, of all up to a mark.
inline Kept beside(const Kept &results, const std::vector<int> &fields, int count, int every) {
    Kept made;
    int number = 0;
    for (std::size_t beat = 0; beat < results.beats; ++beat) {
        if (every ? number % every == 0 : number == 0) {
            for (std::size_t i = 0; i < fields.size(); ++i)
                for (int value = 0; value < count; ++value)
                    made.field[i].push_back(
                        results.field[fields[i]][beat * static_cast<std::size_t>(count) +
                                                 static_cast<std::size_t>(value)]);
            ++made.beats;
        }
        number = results.last[beat] ? 0 : number + 1;
    }
    return made;
}

// Evaluates gates on WORDS * 64 copies of a design at once and moves each copy's streams on its own.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "stalls.h"

#ifndef WORDS
#define WORDS 8
#endif

static const size_t SLICES = 64 * WORDS, NOBODY = ~size_t(0);
typedef uint64_t Word __attribute__((vector_size(8 * WORDS)));

static const Word NONE = {};
static bool any(const Word &x) {
    uint64_t all = 0;
    for (size_t i = 0; i < WORDS; i++) all |= x[i];
    return all;
}
static bool has(const Word &x, size_t slice) { return x[slice / 64] >> slice % 64 & 1; }
static void add(Word &x, size_t slice) { x[slice / 64] |= uint64_t(1) << slice % 64; }

// Calls `action` for each slice of a set.
template <typename Action> static void each(const Word &set, Action action) {
    for (size_t i = 0; i < WORDS; i++)
        for (uint64_t rest = set[i]; rest; rest &= rest - 1)
            action(64 * i + size_t(__builtin_ctzll(rest)));
}

// A stream of the core: nets of its pins. Sources are driven, the result is read.
struct Port {
    uint32_t valid, ready, width;
    const uint32_t *payload;
};

struct Design {
    size_t nets, first, flops, runs, sources;
    const uint32_t *run, *pins, *flop;
    uint32_t reset, select, select_width;
    std::vector<Port> ports; // sources, then the result
    Word *value;
    std::vector<Word> next;
};

// A gate of two inputs, as many times as there are.
#define TWO(result)                                                                                \
    for (uint32_t n = 0; n < count; n++, pin += 2) {                                               \
        const Word a = value[pin[0]], b = value[pin[1]];                                           \
        *to++ = result;                                                                            \
    }

__attribute__((target_clones("avx512f", "avx2", "default"))) static void
evaluate(Word *value, Word *to, const uint32_t *run, size_t runs, const uint32_t *pin) {
    for (size_t i = 0; i < runs; i++, run += 2) {
        const uint32_t count = run[1];
        switch (run[0]) {
        case 0: TWO(a & b) break;
        case 1: TWO(a | b) break;
        case 2: TWO(a ^ b) break;
        case 6: TWO(~(a ^ b)) break;
        case 7: TWO(~(a & b)) break;
        case 8: TWO(~(a | b)) break;
        case 9: TWO(a & ~b) break;
        case 10: TWO(a | ~b) break;
        case 3:
            for (uint32_t n = 0; n < count; n++, pin++) *to++ = ~value[pin[0]];
            break;
        case 4:
            for (uint32_t n = 0; n < count; n++, pin += 3)
                *to++ = value[pin[0]] ^ ((value[pin[0]] ^ value[pin[1]]) & value[pin[2]]);
            break;
        default:
            for (uint32_t n = 0; n < count; n++, pin++) *to++ = value[pin[0]];
        }
    }
}

static void settle(Design &d) {
    evaluate(d.value, d.value + d.first + d.flops, d.run, d.runs, d.pins);
}

static void edge(Design &d) {
    for (size_t i = 0; i < d.flops; i++) d.next[i] = d.value[d.flop[2 * i]];
    memcpy(d.value + d.first, d.next.data(), d.flops * sizeof(Word));
}

static void fill(Word &word, bool bit) { word = bit ? ~NONE : NONE; }

// Copies what stands before a colon in the call; `ports` are, for each stream, the nets of valid, ready,
// the width, then the payload's nets. `select` is the first of the nets that number each copy, if any.
extern "C" void *create(size_t nets, size_t first, size_t flops, const uint32_t *flop, size_t runs,
                        const uint32_t *run, const uint32_t *pins, size_t sources,
                        const uint32_t *ports, uint32_t reset) {
    Design *d = new Design{nets, first, flops, runs, sources, run, pins, flop, reset, 0, 0, {}, nullptr, {}};
    for (size_t i = 0; i <= sources; i++) {
        d->ports.push_back({ports[0], ports[1], ports[2], ports + 3});
        ports += 3 + ports[2];
    }
    d->value = static_cast<Word *>(aligned_alloc(sizeof(Word), nets * sizeof(Word)));
    d->next.resize(flops);
    return d;
}

// Starts all copies anew. Copy i is given the number `numbers[i]` on the nets `select`.
extern "C" void restart(void *design, const uint32_t *select, size_t width, const uint32_t *numbers) {
    Design &d = *static_cast<Design *>(design);
    memset(static_cast<void *>(d.value), 0, d.nets * sizeof(Word));
    fill(d.value[1], true);
    for (size_t i = 0; i < d.flops; i++) fill(d.value[d.first + i], d.flop[2 * i + 1]);
    for (size_t bit = 0; bit < width; bit++)
        for (size_t slice = 0; slice < SLICES; slice++)
            if (numbers[slice] >> bit & 1) add(d.value[select[bit]], slice);
    fill(d.value[d.reset], true);
    for (int cycle = 0; cycle < 4; cycle++) settle(d), edge(d);
    fill(d.value[d.reset], false);
}

// Resets all copies for a cycle, whatever they do.
extern "C" void reset(void *design) {
    Design &d = *static_cast<Design *>(design);
    fill(d.value[d.reset], true);
    settle(d), edge(d);
    fill(d.value[d.reset], false);
}

extern "C" void destroy(void *design) {
    Design *d = static_cast<Design *>(design);
    free(d->value);
    delete d;
}

// The copies of a set, by a number that each has: most have the same.
template <typename Action>
static void alike(Word set, const uint32_t *number, Action action) {
    while (any(set)) {
        size_t leader = NOBODY;
        each(set, [&](size_t slice) { leader = leader == NOBODY ? slice : leader; });
        Word same = NONE;
        each(set, [&](size_t slice) {
            if (number[slice] == number[leader]) add(same, slice);
        });
        action(number[leader], same);
        set &= ~same;
    }
}

// Sends `beats[s]` beats of every source, whose bits are the bytes `sent[s]`, to all copies in `live`,
// and compares with `wanted` beats of results, `expected`. As `run` of streams.cpp in all else. Of
// each copy, `wrong` says what was first seen: 0 nothing, 1 a wrong result, 2 one that changed while it
// waited, 3 one too many, 4 too few; cycles[slice] counts from the first transfer to the last result.
// After `most` cycles all is left as it stands: what is missing then is not wrong.
extern "C" void run(void *design, const size_t *beats, const uint8_t *const *sent, size_t wanted,
                    const uint8_t *expected, uint64_t seed, size_t hold, size_t patience,
                    size_t most, const uint64_t *living, uint8_t *wrong, uint32_t *cycles) {
    Design &d = *static_cast<Design *>(design);
    const Port &result = d.ports[d.sources];
    Word live;
    memcpy(&live, living, sizeof live);
    Noise noise(hold ? 0 : seed, d.sources + 1);
    std::vector<Turns> turns(SLICES, Turns(seed, hold, d.sources));
    std::vector<std::vector<uint32_t>> place(d.sources, std::vector<uint32_t>(SLICES, 0));
    std::vector<uint32_t> count(SLICES, 0), quiet(SLICES, 0);
    std::vector<Word> offering(d.sources, NONE), held(result.width, NONE);
    Word begun = NONE, waiting = NONE;
    memset(cycles, 0, SLICES * sizeof *cycles);
    memset(wrong, 0, SLICES);
    auto fail = [&](const Word &set, uint8_t what) {
        each(set, [&](size_t slice) { wrong[slice] = what; });
        live &= ~set;
    };
    for (size_t i = 0; i < d.sources; i++) fill(d.value[d.ports[i].valid], false);

    for (size_t cycle = 0; any(live) && cycle < most; cycle++) {
        noise.cycle();
        if (hold) each(live, [&](size_t slice) { turns[slice].cycle(quiet[slice]); });
        // The copies of `set` at whose turn it is to pause at a port.
        auto pausing = [&](size_t port, const Word &set) {
            if (!hold) return noise.pause(port) ? set : NONE;
            Word found = NONE;
            each(set, [&](size_t slice) {
                if (turns[slice].pause(port)) add(found, slice);
            });
            return found;
        };
        for (size_t i = 0; i < d.sources; i++) {
            const Port &port = d.ports[i];
            Word begin = live & ~offering[i], ended = NONE;
            each(begin, [&](size_t slice) {
                if (place[i][slice] >= beats[i]) add(ended, slice);
            });
            begin &= ~ended;
            begin &= ~pausing(i, begin);
            alike(begin, place[i].data(), [&](uint32_t beat, const Word &same) {
                const uint8_t *bits = sent[i] + size_t(beat) * port.width;
                for (uint32_t bit = 0; bit < port.width; bit++) {
                    Word &word = d.value[port.payload[bit]];
                    word = bits[bit] ? word | same : word & ~same;
                }
            });
            offering[i] |= begin;
            d.value[port.valid] = offering[i] & live;
        }
        const Word ready = live & ~pausing(d.sources, live);
        d.value[result.ready] = ready;
        settle(d);

        Word moved = NONE;
        for (size_t i = 0; i < d.sources; i++) {
            const Word taken = offering[i] & live & d.value[d.ports[i].ready];
            each(taken, [&](size_t slice) { place[i][slice]++; });
            offering[i] &= ~taken;
            moved |= taken;
        }
        each(live & begun, [&](size_t slice) { cycles[slice] += count[slice] < wanted; });
        begun |= moved;

        // A result on offer stands until it is taken.
        const Word offered = d.value[result.valid] & live;
        Word changed = waiting & ~offered, differs = NONE;
        for (uint32_t bit = 0; bit < result.width; bit++)
            changed |= waiting & (held[bit] ^ d.value[result.payload[bit]]);
        fail(changed & live, 2);
        waiting = offered & ~ready & live;
        if (any(waiting))
            for (uint32_t bit = 0; bit < result.width; bit++) held[bit] = d.value[result.payload[bit]];

        const Word taken = offered & ready & live;
        alike(taken, count.data(), [&](uint32_t beat, const Word &same) {
            if (beat >= wanted) return fail(same, 3);
            const uint8_t *bits = expected + size_t(beat) * result.width;
            differs = NONE;
            for (uint32_t bit = 0; bit < result.width; bit++) {
                const Word &word = d.value[result.payload[bit]];
                differs |= bits[bit] ? ~word : word;
            }
            fail(differs & same, 1);
        });
        each(taken & live, [&](size_t slice) { count[slice]++; });
        moved |= taken;
        Word ended = NONE;
        each(live, [&](size_t slice) {
            quiet[slice] = has(moved, slice) ? 0 : quiet[slice] + 1;
            if (quiet[slice] >= patience) add(ended, slice);
        });
        each(ended, [&](size_t slice) { wrong[slice] = count[slice] < wanted ? 4 : 0; });
        live &= ~ended;
        edge(d);
    }
}

// Sends every copy beats of its own at full rate, all copies at the same time: `sent[s]` has a word for
// each of `beats[s]` beats and each bit of the payload, whose bits belong to the copies. What comes out
// goes into `found` in the same way, `wanted` beats. Returns how many came: fewer where all held still
// for `patience` cycles, or where copies would have moved apart, which then `apart` says.
extern "C" size_t lockstep(void *design, const size_t *beats, const uint64_t *const *sent,
                           size_t wanted, uint64_t *found, size_t patience, uint8_t *apart) {
    Design &d = *static_cast<Design *>(design);
    const Port &result = d.ports[d.sources];
    std::vector<size_t> place(d.sources, 0);
    std::vector<char> offering(d.sources, 0);
    size_t count = 0;
    *apart = 0;
    // Whether a net is high, in all copies or in none.
    auto high = [&](uint32_t net) {
        const Word word = d.value[net], all = ~NONE;
        const bool one = any(word);
        if (one && any(word ^ all)) *apart = 1;
        return one;
    };
    fill(d.value[result.ready], true);
    for (size_t quiet = 0; quiet < patience && count < wanted && !*apart; quiet++) {
        for (size_t i = 0; i < d.sources; i++) {
            const Port &port = d.ports[i];
            if (!offering[i] && place[i] < beats[i]) {
                const uint64_t *bits = sent[i] + place[i] * port.width * WORDS;
                for (uint32_t bit = 0; bit < port.width; bit++)
                    memcpy(&d.value[port.payload[bit]], bits + bit * WORDS, sizeof(Word));
                offering[i] = 1;
            }
            fill(d.value[port.valid], offering[i]);
        }
        settle(d);
        for (size_t i = 0; i < d.sources; i++) {
            if (!offering[i] || !high(d.ports[i].ready)) continue;
            offering[i] = 0, place[i]++, quiet = 0;
        }
        if (high(result.valid)) {
            for (uint32_t bit = 0; bit < result.width; bit++)
                memcpy(found + (count * result.width + bit) * WORDS,
                       &d.value[result.payload[bit]], sizeof(Word));
            count++, quiet = 0;
        }
        edge(d);
    }
    for (size_t i = 0; i < d.sources; i++) fill(d.value[d.ports[i].valid], false);
    return count;
}

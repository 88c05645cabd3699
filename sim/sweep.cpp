// Steps a design through pairs of inputs. glue.h says whether it has a clock (CLOCKED), and then its
// LATENCY, and names its ports: put_enable, get_outputs.

#include <cstddef>
#include <cstdint>

static const bool always_edge = false;

#include "design.cc"

using Top = cxxrtl_design::p_top;

template <size_t Bits> void put(cxxrtl::value<Bits> &port, uint64_t code) {
    port.data[0] = uint32_t(code) & (port.chunks > 1 ? ~0u : uint32_t(port.msb_mask));
    if (port.chunks > 1) port.data[port.chunks - 1] = uint32_t(code >> 32) & port.msb_mask;
}
template <size_t Bits> void get(cxxrtl::value<Bits> &port, uint32_t *words) {
    for (size_t i = 0; i < port.chunks; i++) words[i] = port.data[i];
}
template <size_t Bits> void get(cxxrtl::wire<Bits> &port, uint32_t *words) { get(port.curr, words); }

#include "glue.h"

static bool settle(Top &top) {
    for (int delta = 0; delta <= 1000; delta++)
        if (top.eval() || !top.commit()) return true;
    return false;
}

#if CLOCKED
// One cycle: the inputs are seen by the rising edge.
static void cycle(Top &top, uint64_t w, uint64_t a, bool enable) {
    put(top.p_w, w);
    put(top.p_a, a);
    put_enable(top, enable);
    put(top.p_clk, 0);
    top.step();
    put(top.p_clk, 1);
    top.step();
}
static uint64_t next(uint64_t state) {
    state ^= state << 13, state ^= state >> 7;
    return state ^ state << 17;
}
#endif

// `found` holds each output's words for all inputs, then the next output's. False if it oscillates.
// With a `seed`, a clocked design is stopped at random, between inputs that must not count.
extern "C" int sweep(size_t count, const uint64_t *w, const uint64_t *a, uint64_t seed,
                     uint32_t *found) {
    Top top;
#if CLOCKED
    for (size_t i = 0; i < count + LATENCY; i++) {
        for (uint64_t state = seed; seed && (seed = state = next(state)) & 1;)
            cycle(top, state, ~state, false);
        // What is seen here has stood through all stops.
        if (!settle(top)) return 0;
        if (i >= LATENCY) get_outputs(top, count, i - LATENCY, found);
        size_t last = i < count ? i : count - 1;
        cycle(top, w[last], a[last], true);
    }
#else
    for (size_t i = 0; i < count; i++) {
        put(top.p_w, w[i]);
        put(top.p_a, a[i]);
        if (!settle(top)) return 0;
        get_outputs(top, count, i, found);
    }
#endif
    return 1;
}

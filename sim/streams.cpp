// Feeds an engine's streams at full rate, without a word of Python in between.
// glue.h names the ports: Weight, Activation, RESULT_WORDS, HAS_INITIAL, INITIAL_WORDS, put_*, get_*.

#include <cstddef>
#include <cstdint>

// Whether one evaluation a cycle is enough; found out at the start, a constant of the design.
static bool always_edge = false;

#include "design.cc"

using Top = cxxrtl_design::p_top;

template <size_t Bits> cxxrtl::value<Bits> &now(cxxrtl::value<Bits> &port) { return port; }
template <size_t Bits> cxxrtl::value<Bits> &now(cxxrtl::wire<Bits> &port) { return port.curr; }

template <size_t Bits> void put(cxxrtl::value<Bits> &port, uint64_t code) {
    port.data[0] = uint32_t(code);
    if (port.chunks > 1) port.data[port.chunks - 1] = uint32_t(code >> 32);
}
template <size_t Bits> void put(cxxrtl::value<Bits> &port, const uint32_t *words) {
    for (size_t i = 0; i < port.chunks; i++) port.data[i] = words[i];
}
template <typename Port> void get(Port &port, uint32_t *words) {
    auto &value = now(port);
    for (size_t i = 0; i < value.chunks; i++) words[i] = value.data[i];
}
template <typename Port> bool high(Port &port) { return now(port).data[0] & 1; }

#include "glue.h"

// Settles the outputs for the inputs as they stand.
static bool settle(Top &top) {
    if (always_edge) return top.eval();
    put(top.p_clk, uint64_t(0));
    for (int delta = 0; delta < 1000; delta++) {
        bool converged = top.eval();
        if (!top.commit() || converged) return true;
    }
    return false;
}

// The rising edge.
static void edge(Top &top) {
    if (always_edge) {
        top.commit();
        return;
    }
    put(top.p_clk, uint64_t(1));
    top.step();
}

extern "C" void *create() {
    Top *top = new Top();
    put(top->p_clk, uint64_t(0));
    always_edge = top->eval();
    top->commit();
    put(top->p_clk, uint64_t(always_edge));
    put(top->p_rst, uint64_t(1));
    for (int cycle = 0; cycle < 4; cycle++) settle(*top), edge(*top);
    put(top->p_rst, uint64_t(0));
    return top;
}

extern "C" void destroy(void *top) { delete static_cast<Top *>(top); }

// Sends all steps and collects up to `wanted` results; gives up after `patience` quiet cycles, and
// watches for as many cycles after the last result. Returns the number of results; *cycles counts
// from the first transfer to the last wanted result, *extra what came after that.
extern "C" size_t run(void *handle, size_t steps, const Weight *weight,
                      const Activation *activation, const uint8_t *last, size_t initials,
                      const uint32_t *initial, size_t wanted, uint32_t *results, size_t patience,
                      size_t *cycles, size_t *extra) {
    Top &top = *static_cast<Top *>(handle);
    size_t weights = 0, activations = 0, started = 0, count = 0, quiet = 0;
    bool begun = false;
    *cycles = *extra = 0;
    put(top.p_rready, uint64_t(1));
    while (quiet < patience) {
        bool offer_weight = weights < steps, offer_activation = activations < steps;
        put(top.p_wvalid, uint64_t(offer_weight));
        put(top.p_avalid, uint64_t(offer_activation));
        if (offer_weight) put_weight(top, weight + weights * WEIGHTS);
        if (offer_activation) {
            put_activation(top, activation + activations * ACTIVATIONS);
            put(top.p_alast, uint64_t(last[activations]));
        }
#if HAS_INITIAL
        bool offer_initial = started < initials;
        put(top.p_ivalid, uint64_t(offer_initial));
        if (offer_initial) put_initial(top, initial + started * RESULTS * INITIAL_WORDS);
#endif
        if (!settle(top)) break;
        bool moved = false;
        if (offer_weight && high(top.p_wready)) weights++, moved = true;
        if (offer_activation && high(top.p_aready)) activations++, moved = true;
#if HAS_INITIAL
        if (offer_initial && high(top.p_iready)) started++, moved = true;
#endif
        if (count < wanted) *cycles += begun;
        begun = begun || moved;
        if (high(top.p_rvalid)) {
            if (count < wanted) {
                get_result(top, results + count++ * RESULTS * RESULT_WORDS);
                moved = true;
            } else {
                ++*extra;
            }
        }
        quiet = moved ? 0 : quiet + 1;
        edge(top);
    }
    return count;
}

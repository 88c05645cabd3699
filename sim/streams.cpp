// Feeds an engine's streams, without a word of Python in between. glue.h describes them: SOURCES,
// RESULT_WORDS, put_valid, get_ready, put_beat, get_result.

#include <cstddef>
#include <cstdint>
#include <cstring>

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
#include "stalls.h"

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

// One cycle of reset: what is on offer stays so in it, and afterwards nothing is.
extern "C" void reset(void *handle) {
    Top &top = *static_cast<Top *>(handle);
    put(top.p_rst, uint64_t(1));
    settle(top), edge(top);
    put(top.p_rst, uint64_t(0));
    for (size_t source = 0; source < SOURCES; source++) put_valid(top, source, false);
}

// What comes of a call: cycles from the first transfer to the last wanted result, results that came after
// it, how often one that stops made wait did not stand as it was, and whether a stop held the design still with
// results to come, with the beats that each port had moved then.
struct Outcome {
    size_t cycles, extra, unsteady, held, moved[SOURCES + 1];
};

// Sends `beats[s]` beats of every source and collects up to `wanted` results; gives up after
// `patience` quiet cycles, or `most` after the first transfer, and watches for as many quiet ones after the last result. With a
// `seed`, sources and sink pause at random, or in turns if there is a `hold`; or as `stops` says, see Stop.
// Returns the number of results.
extern "C" size_t run(void *handle, const size_t *beats, const void *const *fields, uint64_t seed,
                      size_t hold, const size_t *stops, size_t wanted, uint32_t *results,
                      size_t patience, size_t most, Outcome *outcome) {
    Top &top = *static_cast<Top *>(handle);
    Noise noise(hold ? 0 : seed, SOURCES + 1);
    Turns turns(seed, hold, SOURCES);
    Stop stop(stops, SOURCES + 1);
    size_t moved[SOURCES + 1] = {}, quiet = 0, begun = 0;
    size_t &count = moved[SOURCES];
    auto pause = [&](size_t port) {
        return noise.pause(port) || turns.pause(port) || stop.pause(port, begun, moved[port]);
    };
    bool offering[SOURCES] = {}, waiting = false;
    uint32_t stood[RESULT_WORDS], stands[RESULT_WORDS];
    *outcome = {};
    while (quiet < patience && begun < most) {
        noise.cycle();
        turns.cycle(quiet);
        if (stop.over(quiet)) {
            outcome->held = count < wanted;
            for (size_t port = 0; port <= SOURCES; port++) outcome->moved[port] = moved[port];
        }
        for (size_t source = 0; source < SOURCES; source++) {
            if (!offering[source]) { // an offer stands until it is taken
                offering[source] = moved[source] < beats[source] && !pause(source);
                put_valid(top, source, offering[source]);
                if (offering[source]) put_beat(top, source, fields, moved[source]);
            }
        }
        bool ready = !pause(SOURCES);
        put(top.p_rready, uint64_t(ready));
        if (!settle(top)) break;
        bool any = false;
        for (size_t source = 0; source < SOURCES; source++) {
            if (offering[source] && get_ready(top, source)) {
                moved[source]++;
                offering[source] = false;
                any = true;
            }
        }
        if (stops) {
            bool offered = high(top.p_rvalid);
            get_result(top, stands);
            if (waiting) outcome->unsteady += !offered || std::memcmp(stood, stands, sizeof stood);
            waiting = offered && !ready;
            std::memcpy(stood, stands, sizeof stood);
        }
        if (count < wanted && begun) outcome->cycles++;
        begun += begun || any;
        if (ready && high(top.p_rvalid)) {
            if (count < wanted) {
                get_result(top, results + count++ * RESULT_WORDS);
                any = true;
            } else {
                ++outcome->extra;
            }
        }
        quiet = any ? 0 : quiet + 1;
        edge(top);
    }
    return count;
}

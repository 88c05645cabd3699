// Steps a combinational design through pairs of inputs. glue.h names the outputs: get_outputs.

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

// `found` holds each output's words for all inputs, then the next output's. False if it oscillates.
extern "C" int sweep(size_t count, const uint64_t *w, const uint64_t *a, uint32_t *found) {
    Top top;
    for (size_t i = 0; i < count; i++) {
        put(top.p_w, w[i]);
        put(top.p_a, a[i]);
        int delta = 0;
        while (!top.eval() && top.commit())
            if (++delta > 1000) return 0;
        get_outputs(top, count, i, found);
    }
    return 1;
}

// Who pauses when: the same for every driver.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

// Decides who pauses: every port draws every 64 cycles how often, in sixteenths.
class Noise {
    uint64_t state;
    size_t age = 0;
    std::vector<unsigned> rates;

    uint64_t next() {
        state ^= state << 13, state ^= state >> 7;
        return state ^= state << 17;
    }

public:
    Noise(uint64_t seed, size_t ports) : state(seed), rates(ports) {}
    void cycle() {
        if (!state || age++ % 64) return;
        for (auto &rate : rates) rate = next() % 3 ? next() % 16 : 0;
    }
    bool pause(size_t port) { return state && (next() >> 20) % 16 < rates[port]; }
};

// Long stalls: one port after the other, the results' every second time, pauses until nothing has
// moved for `hold` cycles and some, so that every register holds still with data in it, for an even or
// odd number of cycles; then all run for 1 to 32 cycles.
class Turns {
    uint64_t state;
    size_t hold, sources, turn = 0, left = 0;
    bool held = false;

public:
    Turns(uint64_t seed, size_t hold, size_t sources) : state(seed), hold(hold), sources(sources) {}
    void cycle(size_t quiet) {
        if (!hold) return;
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        if (held ? quiet < hold || state >> 63 : left-- > 0) return;
        held = !held;
        if (held) return;
        left = (state >> 20) % 32;
        turn = (turn + 1) % (2 * sources);
    }
    bool pause(size_t port) { return held && port == (turn % 2 ? turn / 2 : sources); }
};

// Ports that stop, each so many cycles after the first transfer or once it has moved so many beats, until
// nothing has moved for `hold` cycles: then all run. `words` are `hold`, the ports' cycles, the
// ports' beats; nobody stops without.
class Stop {
    const size_t *words;
    size_t ports;
    bool done;

public:
    Stop(const size_t *words, size_t ports) : words(words), ports(ports), done(!words) {}
    bool pause(size_t port, size_t begun, size_t moved) const {
        return !done && (begun >= words[1 + port] || moved >= words[1 + ports + port]);
    }
    // Whether the stop ends now.
    bool over(size_t quiet) {
        if (done || quiet < words[0]) return false;
        return done = true;
    }
};

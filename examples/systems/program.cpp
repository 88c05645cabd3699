// Multiplies a matrix on a system: a program on its bus, which Verilator simulates.
//
// What it does is what a processor's would: words written and read at addresses, no more. It puts
// the packets into memory, starts a channel for each, waits for the results, and reads them.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "Vsystem.h"
#include "addresses.h"
#include "verilated.h"

static Vsystem *board;
static uint64_t cycles;

static void tick() {
    board->clk = 1;
    board->eval();
    board->clk = 0;
    board->eval();
    ++cycles;
}

static uint32_t access(uint32_t address, bool write, uint32_t data) {
    board->host_adr = address >> 2;
    board->host_dat_w = data;
    board->host_sel = 15;
    board->host_we = write;
    board->host_cyc = board->host_stb = 1;
    for (int wait = 0;; ++wait) {
        board->eval();
        if (board->host_ack) break;
        if (wait == 100000) {
            std::fprintf(stderr, "no answer from address %#x\n", address);
            std::exit(1);
        }
        tick();
    }
    const uint32_t found = board->host_dat_r;
    tick();
    board->host_cyc = board->host_stb = 0;
    tick();
    return found;
}

static void write_word(uint32_t address, uint32_t data) { access(address, true, data); }
static uint32_t read_word(uint32_t address) { return access(address, false, 0); }

static std::vector<uint8_t> bytes_of(const std::string &path) {
    std::FILE *file = std::fopen(path.c_str(), "rb");
    if (!file) {
        std::perror(path.c_str());
        std::exit(1);
    }
    std::vector<uint8_t> found;
    for (int byte; (byte = std::fgetc(file)) != EOF;) found.push_back(static_cast<uint8_t>(byte));
    std::fclose(file);
    return found;
}

static void load(uint32_t address, const std::vector<uint8_t> &data) {
    for (size_t place = 0; place < data.size(); place += 4) {
        uint32_t word = 0;
        for (size_t n = 0; n < 4 && place + n < data.size(); ++n) word |= data[place + n] << 8 * n;
        write_word(MEMORY + address + place, word);
    }
}

static void start(const Registers &channel, uint32_t address, uint32_t length) {
    write_word(channel.enable, 0);
    write_word(channel.base, DMA_BASE + address);
    write_word(channel.length, length);
    write_word(channel.enable, 1);
}

static void wait_for(const Registers &channel) {
    for (int tries = 0; tries < 100000; ++tries)
        if (read_word(channel.done) & 1) return;
    std::fprintf(stderr, "a packet does not end\n");
    std::exit(1);
}

int main(int argc, char **argv) {
    const std::string folder = argc > 1 ? argv[1] : ".";
    VerilatedContext context;
    board = new Vsystem(&context);
    board->rst = 1;
    for (int n = 0; n < 8; ++n) tick();
    board->rst = 0;

    load(WEIGHT, bytes_of(folder + "/weight.bin"));
    load(ACTIVATION, bytes_of(folder + "/activation.bin"));
    const uint64_t loaded = cycles;

    // The weights are one packet for each block of columns; it flows while reductions are sent.
    uint32_t place = RESULT;
    for (uint32_t col = 0; col < ACROSS; ++col) {
        start(weight, WEIGHT, WEIGHT_BYTES);
        for (uint32_t row = 0; row < DOWN; ++row, place += RESULT_STEP) {
            start(result, place, RESULT_BYTES);
            start(activation, ACTIVATION + col * ACTIVATION_STEP, ACTIVATION_BYTES);
            wait_for(result);
        }
    }
    std::printf("%u reductions in %llu cycles\n", ACROSS * DOWN,
                static_cast<unsigned long long>(cycles - loaded));

    std::FILE *file = std::fopen((folder + "/result.bin").c_str(), "wb");
    for (uint32_t at = RESULT; at < place; at += 4) {
        const uint32_t word = read_word(MEMORY + at);
        for (int n = 0; n < 4; ++n) std::fputc(word >> 8 * n & 255, file);
    }
    std::fclose(file);
    board->final();
    delete board;
    return 0;
}

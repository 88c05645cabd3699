// What the tests need of Vitis HLS's hls_stream.h, written for them: a queue without an end.
#ifndef HLS_STREAM_H
#define HLS_STREAM_H

#include <queue>

namespace hls {

template <class Word>
class stream {
    std::queue<Word> words;

public:
    Word read() {
        if (words.empty()) __builtin_trap(); // Vitis HLS would warn, and go on with anything
        Word word = words.front();
        words.pop();
        return word;
    }
    void write(const Word &word) { words.push(word); }
    bool empty() const { return words.empty(); }
};

} // namespace hls

#endif

// Texts cut into the pieces that text encoders count. Training and scoring cut alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quern::score {

enum class GramKind : uint8_t {
    words,       // runs of two or more letters, digits and _, in lower case, joined by a space
    characters,  // any characters in lower case; two and more of white space are one space
    whole,       // the text as it is, uncut
};

struct GramRule {
    GramKind kind = GramKind::words;
    uint32_t shortest = 1, longest = 1;  // in words or characters
};

// Keeps its memory from text to text; one a thread.
class GramReader {
public:
    void read(std::string_view text, const GramRule& rule);
    // f(gram) for each: the shortest ones first, each length in the text's order.
    template <class F>
    void for_each(const GramRule& rule, F f) const {
        const std::string_view all = text_;
        for (size_t size = rule.shortest; size <= rule.longest; ++size)
            for (size_t i = 0; i + size <= begins_.size(); ++i)
                f(all.substr(begins_[i], ends_[i + size - 1] - begins_[i]));
    }

private:
    void add_words(std::string_view text);
    void add_characters(std::string_view text);

    std::string text_;
    std::vector<uint32_t> begins_, ends_;  // of each word or character in text_
};

// MurmurHash3 of 32 bits with seed 0 (Appleby), as scikit-learn's hashers take it.
uint32_t murmur3(std::string_view text);

}  // namespace quern::score

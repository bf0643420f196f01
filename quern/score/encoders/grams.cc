#include "quern/score/encoders/grams.h"

#include <utf8proc.h>

#include <bit>
#include <cstring>

#include "quern/score/functions/unicode.h"

namespace quern::score {
namespace {

bool is_word_character(int32_t c) {
    if (c < 0x80) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    }
    const auto category = utf8proc_category(c);
    const bool is_letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
    return is_letter || (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

bool is_white(int32_t c) {
    return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x80 && is_space_separator(c));
}

}  // namespace

void GramReader::read(std::string_view text, const GramRule& rule) {
    text_.clear();
    begins_.clear();
    ends_.clear();
    switch (rule.kind) {
        case GramKind::words:
            return add_words(text);
        case GramKind::characters:
            return add_characters(text);
        case GramKind::whole:
            text_ = text;
            begins_.push_back(0);
            ends_.push_back(static_cast<uint32_t>(text.size()));
    }
}

void GramReader::add_words(std::string_view text) {
    constexpr size_t kShortest = 2;
    size_t begin = 0, length = 0;
    const auto finish = [&] {
        if (length >= kShortest) {
            begins_.push_back(static_cast<uint32_t>(begin));
            ends_.push_back(static_cast<uint32_t>(text_.size()));
            text_ += ' ';
        } else {
            text_.resize(begin);
        }
        begin = text_.size();
        length = 0;
    };
    while (!text.empty()) {
        size_t size = 1;
        const int32_t c = next_character(text, size);
        text.remove_prefix(size);
        if (!is_word_character(c)) {
            finish();
            continue;
        }
        char bytes[4];
        text_.append(bytes, encode_character(lower_character(c), bytes));
        ++length;
    }
    finish();
}

void GramReader::add_characters(std::string_view text) {
    bool was_white = false;
    while (!text.empty()) {
        size_t size = 1;
        const int32_t c = next_character(text, size);
        text.remove_prefix(size);
        const bool white = is_white(c);
        if (white && was_white) {
            text_.resize(begins_.back());
            text_ += ' ';
            ends_.back() = static_cast<uint32_t>(text_.size());
            continue;
        }
        was_white = white;
        char bytes[4];
        begins_.push_back(static_cast<uint32_t>(text_.size()));
        text_.append(bytes, encode_character(lower_character(c), bytes));
        ends_.push_back(static_cast<uint32_t>(text_.size()));
    }
}

uint32_t murmur3(std::string_view text) {
    constexpr uint32_t kFirst = 0xcc9e2d51, kSecond = 0x1b873593;
    const auto mixed = [](uint32_t block) { return std::rotl(block * kFirst, 15) * kSecond; };
    uint32_t hash = 0;
    const size_t whole = text.size() / 4 * 4;
    for (size_t i = 0; i < whole; i += 4) {
        uint32_t block;
        std::memcpy(&block, text.data() + i, 4);
        hash = std::rotl(hash ^ mixed(block), 13) * 5 + 0xe6546b64;
    }
    uint32_t rest = 0;
    for (size_t i = text.size(); i > whole; --i)
        rest = rest << 8 | static_cast<unsigned char>(text[i - 1]);
    hash ^= mixed(rest) ^ static_cast<uint32_t>(text.size());
    hash = (hash ^ hash >> 16) * 0x85ebca6b;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35;
    return hash ^ hash >> 16;
}

}  // namespace quern::score

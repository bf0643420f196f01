#include "quern/project/sql_text.h"

#include <algorithm>

namespace quern::project {
namespace {

constexpr size_t kNone = std::string_view::npos;

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Bytes of UTF-8 beyond ASCII may stand in a name.
bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c) ||
           static_cast<unsigned char>(c) >= 0x80;
}

size_t end_of_word(std::string_view text, size_t offset) {
    while (offset < text.size() && is_word(text[offset])) ++offset;
    return offset;
}

// Each end_of_... returns the offset behind what begins at `offset`, or kNone if it is not closed.

size_t end_of_line_comment(std::string_view text, size_t offset) {
    return std::min(text.find('\n', offset), text.size());
}

// Comments nest.
size_t end_of_block_comment(std::string_view text, size_t offset) {
    size_t depth = 0;
    for (size_t i = offset; i + 1 < text.size(); ++i) {
        const auto two = text.substr(i, 2);
        if (two == "/*") {
            ++depth;
            ++i;
        } else if (two == "*/") {
            ++i;
            if (--depth == 0) return i + 1;
        }
    }
    return kNone;
}

size_t end_of_quoted(std::string_view text, size_t offset, bool has_escapes) {
    const char quote = text[offset];
    for (size_t i = offset + 1; i < text.size(); ++i) {
        if (has_escapes && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            if (i + 1 == text.size() || text[i + 1] != quote) return i + 1;
            ++i;
        }
    }
    return kNone;
}

// $$text$$ or $tag$text$tag$; `tag` includes its two '$'.
size_t end_of_dollar_text(std::string_view text, size_t offset, std::string_view tag) {
    const size_t end = text.find(tag, offset + tag.size());
    return end == kNone ? kNone : end + tag.size();
}

bool begins(std::string_view text, size_t offset, std::string_view what) {
    return text.substr(offset, what.size()) == what;
}

class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    SqlText scan() && {
        while (at_ < text_.size() && found_.fault.message.empty()) step();
        finish_statement();
        return std::move(found_);
    }

private:
    void step() {
        const char c = text_[at_];
        if (is_space(c)) {
            ++at_;
        } else if (begins(text_, at_, "--")) {
            at_ = end_of_line_comment(text_, at_);
        } else if (is_settings_comment(text_, at_)) {
            found_.fault = {"settings stand in one comment before the SELECT", at_};
        } else if (begins(text_, at_, "/*")) {
            pass(end_of_block_comment(text_, at_), "this comment is not closed", false);
        } else if (c == ';') {
            finish_statement();
            ++at_;
        } else if (c == '\'') {
            pass(end_of_quoted(text_, at_, false), "this text is not closed", true);
        } else if (c == '"') {
            pass(end_of_quoted(text_, at_, false), "this quoted name is not closed", true);
        } else if (c == '$') {
            step_dollar();
        } else if (is_word(c)) {
            step_word();
        } else {
            pass(at_ + 1, "", true);
        }
    }

    void step_word() {
        const bool is_escaped_text = (text_[at_] == 'e' || text_[at_] == 'E') &&
                                     at_ + 1 < text_.size() && text_[at_ + 1] == '\'';
        if (is_escaped_text) {
            pass(end_of_quoted(text_, at_ + 1, true), "this text is not closed", true);
            return;
        }
        // A '$' within a word belongs to it.
        size_t end = at_;
        while (end < text_.size() && (is_word(text_[end]) || text_[end] == '$')) ++end;
        pass(end, "", true);
    }

    void step_dollar() {
        const size_t word_end = end_of_word(text_, at_ + 1);
        const auto word = text_.substr(at_ + 1, word_end - at_ - 1);
        const bool is_tag = word_end < text_.size() && text_[word_end] == '$' &&
                            (word.empty() || !is_digit(word[0]));
        if (is_tag) {
            const auto tag = text_.substr(at_, word_end + 1 - at_);
            pass(end_of_dollar_text(text_, at_, tag), "this $$ text is not closed", true);
            return;
        }
        if (!word.empty()) variables_.push_back({std::string(word), at_});
        pass(std::max(word_end, at_ + 1), "", true);
    }

    void pass(size_t end, std::string_view fault, bool is_word_of_statement) {
        if (end == kNone) {
            found_.fault = {std::string(fault), at_};
            return;
        }
        if (is_word_of_statement) {
            if (begin_ == kNone) begin_ = at_;
            end_ = end;
        }
        at_ = end;
    }

    void finish_statement() {
        if (begin_ != kNone) found_.statements.push_back({begin_, end_, std::move(variables_)});
        variables_.clear();
        begin_ = kNone;
    }

    std::string_view text_;
    size_t at_ = 0, begin_ = kNone, end_ = 0;
    std::vector<SqlVariable> variables_;
    SqlText found_;
};

}  // namespace

SqlText scan_sql(std::string_view text) { return Scanner(text).scan(); }

size_t skip_one_blank(std::string_view text, size_t offset) {
    const size_t begin = offset;
    while (offset < text.size() && is_space(text[offset])) ++offset;
    if (offset > begin) return offset;
    if (begins(text, offset, "--")) return end_of_line_comment(text, offset);
    if (!begins(text, offset, "/*")) return offset;
    const size_t end = end_of_block_comment(text, offset);
    return end == kNone ? offset : end;
}

size_t skip_one_piece(std::string_view text, size_t offset) {
    size_t end = skip_one_blank(text, offset);
    if (end > offset) return end;
    const char c = text[offset];
    if (begins(text, offset, "/*")) {
        end = kNone;
    } else if (c == '\'' || c == '"') {
        end = end_of_quoted(text, offset, false);
    } else if ((c == 'e' || c == 'E') && begins(text, offset + 1, "'")) {
        end = end_of_quoted(text, offset + 1, true);
    } else if (c == '$') {
        const size_t word_end = end_of_word(text, offset + 1);
        const bool is_tag = begins(text, word_end, "$");
        const auto tag = text.substr(offset, word_end + 1 - offset);
        end = is_tag ? end_of_dollar_text(text, offset, tag) : word_end;
    } else {
        end = std::max(end_of_word(text, offset), offset + 1);
    }
    return std::min(end, text.size());
}

bool is_settings_comment(std::string_view text, size_t offset) {
    if (!begins(text, offset, "/*")) return false;
    offset += 2;
    while (offset < text.size() && (text[offset] == ' ' || text[offset] == '\t')) ++offset;
    if (!begins(text, offset, "---")) return false;
    return offset + 3 == text.size() || is_space(text[offset + 3]);
}

}  // namespace quern::project

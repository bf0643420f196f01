// Texts split at a delimiter. An empty one splits between characters; NULL does not split.
#include "quern/score/functions/json.h"
#include "quern/score/functions/unicode.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;
using Text = std::string_view;

// Takes the first piece off the text; false when it was the last.
bool take_piece(Text& rest, const Text* delimiter, Text& piece) {
    size_t at = Text::npos, skip = 0;
    if (delimiter != nullptr && !delimiter->empty()) {
        at = rest.find(*delimiter);
        skip = delimiter->size();
    } else if (delimiter != nullptr && !rest.empty()) {
        next_character(rest, at);
        if (at == rest.size()) at = Text::npos;
    }
    piece = rest.substr(0, at);
    if (at == Text::npos) return false;
    rest.remove_prefix(at + skip);
    return true;
}

// Counted from 1, or back from the end.
Row piece_at(Text text, const Text* delimiter, int64_t index, Text& out) {
    if (index < 0) {
        int64_t count = 1;
        for (Text rest = text; take_piece(rest, delimiter, out);) ++count;
        index += count + 1;
    }
    if (index <= 0) return Row::null;
    for (Text rest = text;; --index) {
        const bool has_more = take_piece(rest, delimiter, out);
        if (index == 1) return Row::value;
        if (!has_more) return Row::null;
    }
}

Row pieces(const Call& call, Text text, const Text* delimiter, Text& out) {
    std::string list = "[";
    Text piece;
    bool has_more = true;
    while (has_more) {
        has_more = take_piece(text, delimiter, piece);
        append_quoted(list, piece);
        list += has_more ? ',' : ']';
    }
    return keep_text(call, list, out);
}

// one(row, text, delimiter or null, out) for rows whose other arguments are there.
template <class One>
void split_rows(const Call& call, One one) {
    combine_arguments(call);
    const Vector& delimiters = *call.arguments[1];
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t valid = row_bits(w, call.row_count) & ~call.out.failed[w];
        for (size_t i = 0; i < call.arguments.size(); ++i)
            if (i != 1) valid &= call.arguments[i]->valid[w];
        call.out.valid[w] = valid;
        for_bits(valid, w * 64, [&](size_t row) {
            const bool is_known = delimiters.is_valid(row);
            const Text* delimiter = is_known ? &delimiters.values<Text>()[row] : nullptr;
            set_outcome(call.out, row,
                        one(row, call.arguments[0]->values<Text>()[row], delimiter,
                            call.out.values<Text>()[row]));
        });
    }
}

void split_at_rows(const Call& call) {
    split_rows(call, [&call](size_t row, Text text, const Text* delimiter, Text& out) {
        return piece_at(text, delimiter, call.arguments[2]->values<int64_t>()[row], out);
    });
}

void split_list_rows(const Call& call) {
    split_rows(call, [&call](size_t, Text text, const Text* delimiter, Text& out) {
        return pieces(call, text, delimiter, out);
    });
}

Result<BoundFunction> bind_split_at(const Signature& signature) {
    if (!fits<Text, Text, Text, int64_t>(signature)) return no_overload(signature);
    return BoundFunction{split_at_rows, nullptr};
}

Result<BoundFunction> bind_split(const Signature& signature) {
    const auto& types = signature.arguments;
    const bool fits = types.size() == 2 && types[0].id == TypeId::varchar &&
                      types[1].id == TypeId::varchar && signature.result.sql_name == "VARCHAR[]";
    if (!fits) return no_overload(signature);
    return BoundFunction{split_list_rows, nullptr};
}

}  // namespace

QUERN_ROW_FUNCTION("split_at", "One piece of a text that is split; split_part becomes it.",
                   "split_part('a-b-c', '-', 2) = 'b'", bind_split_at);
QUERN_ROW_FUNCTION("string_split", "The pieces of a text between delimiters, as a list.",
                   "len(string_split('a,b', ',')) = 2", bind_split);

}  // namespace quern::score

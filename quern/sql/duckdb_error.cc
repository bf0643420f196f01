#include "quern/sql/duckdb_error.h"

#include <simdjson.h>

#include <charconv>
#include <optional>
#include <vector>

#include "quern/base/nearest.h"
#include "quern/base/text.h"

namespace quern::sql {
namespace {

struct KindCode {
    std::string_view kind;  // in lower case
    Code code;
};
// All else is the fault of the SQL: invalid_argument.
constexpr KindCode kCodes[] = {
    {"catalog", Code::not_found},
    {"constraint", Code::failed_precondition},
    {"dependency", Code::failed_precondition},
    {"transactioncontext", Code::failed_precondition},
    {"transaction", Code::failed_precondition},
    {"io", Code::unavailable},
    {"connection", Code::unavailable},
    {"out of memory", Code::resource_exhausted},
    {"permission", Code::permission_denied},
    {"interrupt", Code::cancelled},
    {"not implemented", Code::unimplemented},
    {"missing extension", Code::unimplemented},
    {"serialization", Code::corrupt},
    {"internal", Code::internal},
    {"fatal", Code::internal},
};

bool has(std::string_view text, std::string_view words) {
    return text.find(words) != std::string_view::npos;
}

// The words of other kinds may be the user's own.
bool is_kind(const DuckdbError& error, std::string_view kind) {
    return lower_ascii(error.kind) == kind;
}

bool says_disk_full(const DuckdbError& error) {
    // "fatal" comes of every statement after a checkpoint that failed.
    return (is_kind(error, "io") || is_kind(error, "fatal")) &&
           (has(error.message, "No space left on device") ||
            has(error.message, "Disk quota exceeded"));
}

Code code_of(const DuckdbError& error) {
    const std::string kind = lower_ascii(error.kind);
    if (says_disk_full(error)) return Code::resource_exhausted;
    if (kind == "catalog" && has(error.message, "already exists")) return Code::already_exists;
    for (const auto& [name, code] : kCodes) {
        if (kind == name) return code;
    }
    return Code::invalid_argument;
}

// The items of `a, b.c` or `"a", "b c"`; a comma within brackets is of the item: `f(A, B) -> C`.
std::vector<std::string> items_of(std::string_view list) {
    std::vector<std::string> items;
    std::string item;
    bool is_quoted = false;
    int depth = 0;
    for (const char c : list) {
        if (c == '"') {
            is_quoted = !is_quoted;
        } else if (c == ',' && !is_quoted && depth == 0) {
            items.emplace_back(trim(item));
            item.clear();
            continue;
        } else {
            item += c;
        }
        if (c == '(') ++depth;
        if (c == ')') --depth;
    }
    if (!trim(item).empty()) items.emplace_back(trim(item));
    return items;
}

// DuckDB's words without its lists of candidates, which go into the hint, and the line of SQL.
std::string message_of(const DuckdbError& error) {
    if (error.subtype == "COLUMN_NOT_FOUND" && !error.name.empty()) {
        return "there is no column `" + error.name + "` here";
    }
    if (error.subtype == "MISSING_ENTRY" && !error.name.empty()) {
        const std::string type = error.entry_type.empty() ? "entry" : lower_ascii(error.entry_type);
        return "there is no " + type + " `" + error.name + "`";
    }
    std::string message = error.message;
    if (message.starts_with("Max expression depth limit") ||
        message.starts_with("memory exhausted at or near")) {
        return "the SQL is nested too deeply";
    }
    for (const std::string_view tail :
         {"\nDid you mean", "\nCandidate", "\n\tCandidate", "\n\nLINE "}) {
        message = message.substr(0, message.find(tail));
    }
    return std::string(trim(message));
}

std::string hint_of(const DuckdbError& error) {
    if (says_disk_full(error)) return "free some space; nothing published was changed";
    if (is_kind(error, "io") && has(error.message, "Could not set lock on file")) {
        return "another process has it open; wait for it or stop it";
    }
    const auto candidates = items_of(error.candidates);
    if (candidates.empty()) return "";
    std::string list;
    for (const auto& item : candidates) list += (list.empty() ? "" : ", ") + item;
    if (error.subtype == "NO_MATCHING_FUNCTION") return "there are: " + list;
    const std::vector<std::string_view> views(candidates.begin(), candidates.end());
    const std::string close = nearest(error.name, views);
    return close.empty() ? "there are: " + list : "did you mean `" + close + "`?";
}

// The parser counts in characters, all else in bytes.
std::optional<size_t> offset_of(const DuckdbError& error, const SqlOrigin& origin) {
    size_t position = 0;
    const char* end = error.position.data() + error.position.size();
    const auto read = std::from_chars(error.position.data(), end, position);
    if (read.ec != std::errc() || read.ptr != end || position < origin.shift_bytes) return {};
    position -= origin.shift_bytes;
    if (!is_kind(error, "parser")) return std::min(position, origin.sql.size());
    size_t offset = 0;
    const auto is_inside = [&] {
        return offset < origin.sql.size() &&
               (static_cast<unsigned char>(origin.sql[offset]) & 0xC0) == 0x80;
    };
    for (; position > 0 && offset < origin.sql.size(); --position) {
        ++offset;
        while (is_inside()) ++offset;
    }
    return offset;
}

bool read_json(std::string_view text, DuckdbError& error) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (parser.parse(simdjson::padded_string(text)).get(root) != simdjson::SUCCESS) return false;
    const auto field = [&](const char* name) {
        std::string_view value;
        return root[name].get_string().get(value) == simdjson::SUCCESS ? std::string(value) : "";
    };
    error.message = field("exception_message");
    if (error.message.empty()) return false;
    error.kind = field("exception_type");
    error.subtype = field("error_subtype");
    error.name = field("name");
    error.entry_type = field("type");
    error.candidates = field("candidates");
    error.position = field("position");
    return true;
}

DuckdbError error_of(std::string_view text) {
    DuckdbError error;
    constexpr std::string_view kMark = " Error: ";
    constexpr size_t kKindBytesMax = 40;
    const size_t mark = text.find(kMark);
    const bool has_kind = mark != std::string_view::npos && mark < kKindBytesMax;
    const auto words = has_kind ? text.substr(mark + kMark.size()) : text;
    if (words.starts_with('{') && read_json(words, error)) return error;
    error.kind = has_kind ? text.substr(0, mark) : "";
    error.message = words;
    return error;
}

}  // namespace

Status placed(Status status, const SqlOrigin& origin, size_t offset) {
    return origin.place == nullptr ? std::move(status)
                                   : placed(std::move(status), *origin.place, offset);
}

Status duckdb_status(const DuckdbError& error, const SqlOrigin& origin) {
    Status status(code_of(error), message_of(error));
    const std::string hint = hint_of(error);
    if (!hint.empty()) status = std::move(status).hint(hint);
    return placed(std::move(status), origin, offset_of(error, origin).value_or(0));
}

Status duckdb_status(std::string_view text, const SqlOrigin& origin) {
    return duckdb_status(error_of(text), origin);
}

Status check_sql_text(const SqlOrigin& origin) {
    const size_t nul = origin.sql.find('\0');
    if (nul != std::string_view::npos) {
        return placed(invalid_argument("the SQL holds a NUL byte"), origin, nul);
    }
    const size_t broken = first_not_utf8(origin.sql);
    if (broken == std::string_view::npos) return {};
    return placed(invalid_argument("the SQL is not UTF-8"), origin, broken);
}

}  // namespace quern::sql

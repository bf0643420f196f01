#include "apps/cli/output.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/json.h"
#include "quern/base/terminal.h"
#include "quern/base/text.h"
#include "quern/frame/display_width.h"

namespace quern::cli {
namespace {

constexpr size_t kExcerptMax = 90;  // characters of a source line shown
constexpr size_t kFaultsShownMax = 20;

struct Spot {
    std::string file;
    size_t line = 0, column = 0;  // 0: not given
};

// "models/x.yml:7:5" in parts; the file's own name may hold colons.
Spot spot_of(std::string_view where) {
    Spot spot;
    size_t* const numbers[] = {&spot.column, &spot.line};
    size_t found[2] = {0, 0}, count = 0;
    std::string_view rest = where;
    while (count < 2) {
        const size_t colon = rest.rfind(':');
        if (colon == std::string_view::npos || colon + 1 == rest.size()) break;
        const auto digits = rest.substr(colon + 1);
        if (digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string_view::npos) {
            break;
        }
        found[count++] = std::stoul(std::string(digits));
        rest = rest.substr(0, colon);
    }
    spot.file = rest;
    if (count == 1) spot.line = found[0];
    if (count == 2) {
        *numbers[0] = found[0];
        *numbers[1] = found[1];
    }
    return spot;
}

// How many bytes the word at the place spans, at least one character.
size_t word_length(std::string_view text) {
    size_t length = 0;
    const auto is_word = [](char c) {
        return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
               (c >= 'A' && c <= 'Z') || (static_cast<unsigned char>(c) & 0x80) != 0;
    };
    while (length < text.size() && is_word(text[length])) ++length;
    return std::max<size_t>(length, 1);
}

size_t byte_of_column(std::string_view line, size_t column) {
    size_t byte = 0;
    for (size_t seen = 1; byte < line.size() && seen < column; ++byte) {
        const bool ends =
            byte + 1 >= line.size() || (static_cast<unsigned char>(line[byte + 1]) & 0xC0) != 0x80;
        if (ends) ++seen;
    }
    return byte;
}

// Lines stay lines; what could command the terminal is written out.
std::string harmless(std::string_view text) {
    std::string shown;
    for (const auto line : split_lines(text)) {
        shown += (shown.empty() ? "" : "\n") + frame::printable(line);
    }
    return shown;
}

// "  7 |   - educaton" and a mark under the place; empty when the file cannot be shown.
std::string excerpt(std::string_view where, const std::string& root) {
    const Spot spot = spot_of(where);
    if (spot.line == 0) return "";
    const auto text = read_file(join_path(root, spot.file), 4 << 20);
    if (!text.ok()) return "";
    const auto lines = split_lines(*text);
    if (spot.line > lines.size()) return "";
    std::string line(lines[spot.line - 1]);
    if (line.size() > kExcerptMax * 2) return "";
    std::ranges::replace(line, '\t', ' ');
    const std::string number = std::to_string(spot.line);
    std::string shown = "  " + number + " | " + frame::printable(line) + "\n";
    if (spot.column == 0) return shown;
    const size_t byte = std::min(byte_of_column(line, spot.column), line.size());
    const auto width_of = [&](size_t begin, size_t length) {
        return static_cast<size_t>(
            frame::display_width(frame::printable(line.substr(begin, length))));
    };
    const size_t width = width_of(byte, word_length(line.substr(byte)));
    return shown + "  " + std::string(number.size(), ' ') + " | " +
           std::string(width_of(0, byte), ' ') + std::string(std::max<size_t>(width, 1), '^') +
           "\n";
}

std::string one_fault(const Status& fault, const std::string& root, bool has_color) {
    std::string text = has_color ? "\033[31merror:\033[0m " : "error: ";
    if (!fault.where().empty()) text += harmless(fault.where()) + ": ";
    text += harmless(fault.message()) + "\n" + excerpt(fault.where(), root);
    if (!fault.hint().empty()) text += "  " + harmless(fault.hint()) + "\n";
    return text;
}

void write_fault(JsonWriter& json, const Status& fault) {
    json.begin_object();
    json.field("code", std::string(code_name(fault.code())));
    json.field("message", std::string(fault.message()));
    json.field("where", std::string(fault.where()));
    json.field("hint", std::string(fault.hint()));
    json.key("others").begin_array();
    for (const auto& other : fault.others()) write_fault(json, other);
    json.end_array().end_object();
}

}  // namespace

Status print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
        std::fflush(stdout) == 0) {
        return {};
    }
    return system_error(errno, "write", "standard output");
}

std::string fault_text(const Status& status, const std::string& root, bool has_color) {
    std::string text = one_fault(status, root, has_color);
    size_t shown = 1;
    for (const auto& other : status.others()) {
        if (shown++ == kFaultsShownMax) break;
        text += one_fault(other, root, has_color);
    }
    const size_t count = status.others().size() + 1;
    if (count > kFaultsShownMax) {
        text += "... and " +
                plural(static_cast<int64_t>(count - kFaultsShownMax), "further error") + "\n";
    }
    return text;
}

std::string fault_json(const Status& status) {
    JsonWriter json;
    json.begin_object().key("error");
    write_fault(json, status);
    json.end_object();
    return json.take() + "\n";
}

int print_result(const Status& status, bool is_json, const std::string& folder) {
    if (status.ok()) return 0;
    if (is_json) {
        print(fault_json(status)).ignore("standard output may be what failed");
        return exit_code(status.code());
    }
    print_stderr(fault_text(status, folder, stderr_has_color()));
    return exit_code(status.code());
}

}  // namespace quern::cli

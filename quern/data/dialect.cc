#include "quern/data/dialect.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "quern/base/text.h"

namespace quern::data {
namespace {

constexpr size_t kRecordsLookedAt = 1000;
constexpr uint64_t kBytesLookedAt = 8 << 20;

struct Sample {
    std::vector<std::vector<std::string>> records;
    double regularity = 0;  // part of the records with the commonest number of fields
    int64_t width = 0;      // that number
    int64_t first_width = 0;
};

Result<Sample> take_sample(const std::string& path, const Dialect& dialect, RecordLimits limits,
                           bool wants_fields) {
    auto scanner = TRY(RecordScanner::open(path, dialect, limits));
    Sample sample;
    Record record;
    std::map<int64_t, int64_t> widths;
    int64_t count = 0;
    while (count < static_cast<int64_t>(kRecordsLookedAt) && record.offset < kBytesLookedAt &&
           TRY(scanner.next(record))) {
        if (count++ == 0) sample.first_width = record.field_count;
        ++widths[record.field_count];
        if (wants_fields) {
            const auto start = record.bytes.substr(0, kBytesLookedAt);
            sample.records.push_back(split_fields(start, dialect));
        }
    }
    int64_t commonest = 0;
    for (const auto& [width, seen] : widths) {
        if (seen < commonest) continue;
        commonest = seen;
        sample.width = width;
    }
    if (count > 0) sample.regularity = static_cast<double>(commonest) / static_cast<double>(count);
    return sample;
}

// The delimiter that cuts most records into one number of fields above one, the header among them.
Result<std::string> find_delimiter(const std::string& path, Dialect dialect, RecordLimits limits) {
    std::string best = ",";
    double best_score = 0;
    for (const char* candidate : {", ", ",", ";", "\t", "|"}) {
        dialect.delimiter = candidate;
        const auto sample = TRY(take_sample(path, dialect, limits, false));
        if (sample.width < 2 || sample.first_width < 2) continue;
        const double header_fits = sample.first_width == sample.width ? 0.1 : 0;
        const double score = sample.regularity + header_fits;
        if (score > best_score + 1e-9) {
            best_score = score;
            best = candidate;
        }
    }
    return best;
}

bool is_number(const std::string& text) {
    const auto trimmed = std::string(trim(text));
    if (trimmed.empty() || !std::ranges::all_of(trimmed, [](unsigned char c) {
            return std::isdigit(c) != 0 ||
                   std::string_view("+-.,eE/:").find(static_cast<char>(c)) !=
                       std::string_view::npos;
        })) {
        return false;
    }
    return std::ranges::any_of(trimmed, [](unsigned char c) { return std::isdigit(c) != 0; });
}

// A first record whose numbers stand above numbers, with no text above numbers, is data.
bool looks_like_header(const Sample& sample) {
    if (sample.records.size() < 2) return true;
    const auto& first = sample.records[0];
    bool number_above_numbers = false, text_above_numbers = false;
    for (size_t column = 0; column < first.size(); ++column) {
        int64_t numbers = 0, values = 0;
        for (size_t row = 1; row < sample.records.size(); ++row) {
            if (column >= sample.records[row].size()) continue;
            const auto& value = sample.records[row][column];
            values += trim(value).empty() ? 0 : 1;
            numbers += is_number(value) ? 1 : 0;
        }
        if (values == 0 || numbers * 10 < values * 9) continue;
        const bool is_text = !is_number(first[column]) && !trim(first[column]).empty();
        (is_text ? text_above_numbers : number_above_numbers) = true;
    }
    return text_above_numbers || !number_above_numbers;
}

Status find_names(const Sample& sample, const std::string& name, const project::Source& source,
                  Layout& layout) {
    std::vector<std::string> written = source.names;
    if (written.empty() && layout.dialect.has_header) {
        written = sample.records[0];
    } else if (written.empty()) {
        for (int64_t i = 0; i < sample.width; ++i) {
            written.push_back("column_" + std::to_string(i + 1));
        }
    }
    for (const auto& text : written) {
        if (text.find('\0') == std::string::npos && is_utf8(text)) continue;
        return invalid_argument("the header holds bytes that are no text: '" + printable(text, 80) +
                                "'")
            .at(name + ":" + std::to_string(source.skip_lines + 1))
            .hint(source.place.text().empty()
                      ? "if it is not UTF-8: --encoding latin-1, or what else it is"
                      : "set `encoding:` if it is not UTF-8, or `names:` for the columns");
    }
    layout.names = column_names(std::move(written), layout.notes);
    return {};
}

}  // namespace

std::vector<std::string> column_names(std::vector<std::string> written,
                                      std::vector<std::string>& notes) {
    std::set<std::string> taken;
    for (const auto& name : written) taken.insert(lower_ascii(trim(name)));
    std::set<std::string> used;
    for (size_t i = 0; i < written.size(); ++i) {
        std::string name(trim(written[i]));
        const std::string position = "column " + std::to_string(i + 1);
        if (name.empty()) {
            name = "column_" + std::to_string(i + 1);
            notes.push_back(position + " has no name: it is called " + name);
        }
        std::string unique = name;
        for (int n = 1; used.contains(lower_ascii(unique)); ++n) {
            unique = name + "_" + std::to_string(n);
            if (taken.contains(lower_ascii(unique))) unique = name;
        }
        if (unique != name) {
            notes.push_back("the name " + name + " comes twice: " + position + " is called " +
                            unique);
        }
        used.insert(lower_ascii(unique));
        written[i] = unique;
    }
    return written;
}

Result<Layout> find_layout(const std::string& path, const std::string& name,
                           const project::Source& source, const std::string& delimiter) {
    Layout layout;
    Dialect& dialect = layout.dialect;
    dialect.quote = source.quote.empty() ? '\0' : source.quote[0];
    dialect.escape = source.escape.empty() ? dialect.quote : source.escape[0];
    dialect.comment = source.comment.empty() ? '\0' : source.comment[0];
    dialect.skip_lines = source.skip_lines;
    const RecordLimits limits{static_cast<uint64_t>(source.line_bytes_max)};
    dialect.delimiter = source.delimiter.empty() ? delimiter : source.delimiter;
    if (dialect.delimiter.empty()) {
        dialect.delimiter = TRY(find_delimiter(path, dialect, limits));
    }
    const auto sample = TRY(take_sample(path, dialect, limits, true));
    if (sample.records.empty()) {
        return invalid_argument("the file holds no record").at(name);
    }
    dialect.has_header =
        source.has_header.value_or(source.names.empty() && looks_like_header(sample));
    TRY(find_names(sample, name, source, layout));
    return layout;
}

}  // namespace quern::data

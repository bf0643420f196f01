#include "quern/serve/csv_body.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "quern/base/nearest.h"
#include "quern/base/text.h"

namespace quern::serve {
namespace {

constexpr size_t kColumnsMax = 100'000, kShownNameMax = 60;
constexpr std::string_view kNoRows = "no rows; send CSV with curl --data-binary";

// Walks over the values of a body, one record at a time.
class Records {
public:
    explicit Records(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }
    // The next record's values, good until the next call.
    Status next(std::vector<std::string_view>& values, std::vector<bool>& is_quoted) {
        values.clear();
        is_quoted.clear();
        unescaped_.clear();
        while (true) {
            if (values.size() == kColumnsMax) return invalid_argument("a CSV line is too wide");
            is_quoted.push_back(rest_.starts_with('"'));
            if (is_quoted.back()) {
                values.push_back(TRY(quoted()));
            } else {
                values.push_back(plain());
            }
            if (!rest_.starts_with(',')) break;
            rest_.remove_prefix(1);
        }
        if (rest_.starts_with('\r')) rest_.remove_prefix(1);
        if (rest_.empty()) return {};
        if (!rest_.starts_with('\n'))
            return invalid_argument("a CSV value goes on after its quote");
        rest_.remove_prefix(1);
        return {};
    }

private:
    std::string_view plain() {
        size_t end = std::min(rest_.find_first_of(",\n"), rest_.size());
        std::string_view value = rest_.substr(0, end);
        rest_.remove_prefix(end);
        if (!rest_.starts_with(',') && value.ends_with('\r')) value.remove_suffix(1);
        return value;
    }

    Result<std::string_view> quoted() {
        std::string text;
        rest_.remove_prefix(1);
        while (true) {
            const size_t quote = rest_.find('"');
            if (quote == std::string_view::npos) {
                return invalid_argument("a quote in the CSV has no end");
            }
            const std::string_view part = rest_.substr(0, quote);
            rest_.remove_prefix(quote + 1);
            const bool is_doubled = rest_.starts_with('"');
            if (text.empty() && !is_doubled) return part;
            text.append(part);
            if (!is_doubled) break;
            text += '"';
            rest_.remove_prefix(1);
        }
        unescaped_.push_back(std::move(text));
        return std::string_view(unescaped_.back());
    }

    std::string_view rest_;
    std::deque<std::string> unescaped_;  // addresses stay as it grows
};

// What the line of names leaves out or has too much of, told once and not for each row. An
// unknown name matters only beside a missing one, which it may stand for.
struct Header {
    std::vector<std::string> names;
    std::vector<int> inputs;  // -1: passed over

    Header(const Scoring& scoring, const std::vector<std::string_view>& values)
        : names(values.begin(), values.end()) {
        for (const auto& name : names) inputs.push_back(scoring.find(name));
    }
    bool has_known() const {
        return std::ranges::any_of(inputs, [](int input) { return input >= 0; });
    }
    bool has_unknown() const { return std::ranges::find(inputs, -1) != inputs.end(); }

    // Whether rows can be read.
    bool check(Scoring& scoring) const {
        const auto& known = scoring.model().program().asked();
        std::vector<std::string_view> missing, refused;
        for (size_t i = 0; i < known.size(); ++i) {
            if (std::ranges::find(inputs, static_cast<int>(i)) != inputs.end()) continue;
            missing.push_back(known[i].name);
            const bool may_miss = known[i].is_nullable ||
                                  scoring.model().contract.null != project::OnViolation::error;
            if (has_unknown() || !may_miss) refused.push_back(known[i].name);
        }
        for (size_t i = 0; !missing.empty() && i < names.size(); ++i) {
            if (inputs[i] >= 0) continue;
            const std::string near = nearest(names[i], missing);
            scoring.add_body_error(std::string_view(names[i]).substr(0, kShownNameMax),
                                   "the model has no such field" +
                                       (near.empty() ? "" : "; did you mean '" + near + "'?"));
        }
        for (const auto name : refused) scoring.add_body_error(name, "this field is missing");
        return refused.empty();
    }
};

}  // namespace

Status read_csv(std::string_view body, Scoring& scoring) {
    if (!is_utf8(body)) return invalid_argument("the CSV is not UTF-8");
    if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
    if (trim(body).empty()) return invalid_argument(std::string(kNoRows));
    Records records(body);
    std::vector<std::string_view> values;
    std::vector<bool> is_quoted;
    TRY(records.next(values, is_quoted));
    const Header header(scoring, values);
    const auto& [names, inputs] = header;
    if (!header.has_known()) {
        return invalid_argument("the first line must hold the names of the columns");
    }
    if (trim(records.rest()).empty()) return invalid_argument(std::string(kNoRows));
    if (!header.check(scoring)) return {};
    while (!records.at_end()) {
        TRY(records.next(values, is_quoted));
        if (names.size() > 1 && values.size() == 1 && values[0].empty()) continue;  // a blank line
        TRY(scoring.begin_row());
        for (size_t i = 0; i < std::min(values.size(), names.size()); ++i) {
            if (inputs[i] < 0) continue;
            const bool is_missing = values[i].empty() && !is_quoted[i];
            const auto value =
                is_missing ? score::FieldValue::null() : score::FieldValue::of(values[i]);
            scoring.field(inputs[i], value);
        }
        if (values.size() != names.size()) {
            scoring.add_error("", "has " + std::to_string(values.size()) +
                                      " values where there are " + std::to_string(names.size()) +
                                      " columns");
        }
        TRY(scoring.end_row());
    }
    return {};
}

}  // namespace quern::serve

#include "quern/data/http/progress.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "quern/base/clock.h"
#include "quern/base/json.h"
#include "quern/data/http/url.h"

namespace quern::data::http {
namespace {

std::optional<double> as_number(const std::string& text) {
    double number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, number);
    if (code != std::errc() || stop != end) return std::nullopt;
    return number;
}

bool is_date(const std::string& text) {
    constexpr size_t kDateBytes = 10;
    return text.size() >= kDateBytes && text[4] == '-' && text[7] == '-';
}

// A row of the future: were it taken, nothing would be asked for until then.
bool is_to_come(const std::string& text) {
    constexpr int64_t kDayMs = 86'400'000;
    constexpr size_t kDateBytes = 10;
    return is_date(text) &&
           text.substr(0, kDateBytes) > utc_text(unix_ms_now() + kDayMs).substr(0, kDateBytes);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

using Marks = std::vector<std::pair<std::string, std::string>>;

// Spellings of the secrets, and what stands for them in a kept text.
Marks marks_of(const std::vector<std::string>& secrets) {
    Marks marks;
    for (size_t i = 0; i < secrets.size(); ++i) {
        if (secrets[i].empty()) continue;
        const std::string number = std::to_string(i) + "\x02";
        marks.emplace_back(secrets[i], "\x02p" + number);
        marks.emplace_back(percent_encoded(secrets[i]), "\x02u" + number);
    }
    return marks;
}

std::string hidden(std::string text, const std::vector<std::string>& secrets) {
    for (const auto& [plain, mark] : marks_of(secrets)) text = replaced(text, plain, mark);
    return text;
}

// In the other order, as a later secret may stand within an earlier one's mark.
std::string shown(std::string text, const std::vector<std::string>& secrets) {
    Marks marks = marks_of(secrets);
    std::ranges::reverse(marks);
    for (const auto& [plain, mark] : marks) text = replaced(text, mark, plain);
    return text;
}

}  // namespace

void Progress::raise(const std::string& value) {
    const auto a = as_number(value), b = as_number(last);
    const bool is_above = a && b ? *a > *b : value > last;
    if (is_above && !is_to_come(value)) last = value;
}

std::string Progress::text(const std::vector<std::string>& secrets) const {
    JsonWriter json;
    json.begin_object().field("last", last);
    if (is_under_way)
        json.field("at", hidden(at, secrets)).field("since", since).field("records", record_count);
    return json.end_object().take();
}

Result<Progress> Progress::parse(const std::string& text, const std::vector<std::string>& secrets) {
    Progress progress;
    if (text.empty()) return progress;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return corrupt("the place of the last pull cannot be read");
    const auto read = [&](const char* name) {
        const auto found = json.find(name);
        return found != json.end() && found->is_string() ? found->get<std::string>() : "";
    };
    progress.last = read("last");
    progress.is_under_way = json.contains("at");
    progress.at = shown(read("at"), secrets);
    progress.since = read("since");
    const auto count = json.find("records");
    if (count != json.end() && count->is_number_integer()) progress.record_count = *count;
    return progress;
}

}  // namespace quern::data::http

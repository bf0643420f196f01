#include "quern/data/http/body.h"

#include <algorithm>

#include "quern/base/text.h"
#include "quern/data/record_scanner.h"

namespace quern::data::http {

Status refuse_web_page(const Answer& answer) {
    constexpr size_t kTitleBytes = 100;
    const bool is_said = answer.header("content-type").find("html") != std::string_view::npos;
    const std::string_view body = trim(std::string_view(answer.body).substr(0, 4096));
    if (!is_said && !body.starts_with('<')) return {};
    const std::string lower = lower_ascii(body);
    const size_t start = lower.find("<title>");
    std::string title;
    if (start != std::string::npos) {
        title = body.substr(start + 7, lower.find('<', start + 7) - start - 7);
    }
    return failed_precondition(
               "the answer is a web page" +
               (title.empty() ? "" : ", '" + printable(trim(title), kTitleBytes) + "'") +
               ", not data")
        .hint("look at `url` and at what says who asks: it may be a page to log in");
}

BodyFormat body_format(const Answer& answer, BodyFormat wanted) {
    if (wanted != BodyFormat::automatic) return wanted;
    const std::string type = lower_ascii(answer.header("content-type"));
    const auto says = [&](const char* word) { return type.find(word) != std::string::npos; };
    if (says("csv")) return BodyFormat::csv;
    return says("ndjson") || says("jsonl") || says("json-seq") ? BodyFormat::ndjson
                                                               : BodyFormat::json;
}

Result<CsvPage> read_csv_page(const std::string& path, const std::string& delimiter,
                              const std::string& column,
                              const std::function<void(const std::string&)>& tell) {
    const Dialect dialect{.delimiter = delimiter};
    auto scanner = TRY(RecordScanner::open(path, dialect));
    CsvPage page;
    Record record;
    page.has_header = TRY(scanner.next(record));
    if (!page.has_header) return page;
    auto fields = split_fields(record.bytes, dialect);
    const auto is_it = [&](const auto& name) {
        return !column.empty() && lower_ascii(trim(name)) == lower_ascii(column);
    };
    const auto index = static_cast<size_t>(std::ranges::find_if(fields, is_it) - fields.begin());
    const bool has_column = index < fields.size();
    for (; TRY(scanner.next(record)); ++page.record_count) {
        if (!has_column || record.fault != RecordFault::none) continue;
        fields = split_fields(record.bytes, dialect);
        if (index < fields.size() && !fields[index].empty()) tell(fields[index]);
    }
    return page;
}

}  // namespace quern::data::http

#include "quern/data/http/pull.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "quern/base/clock.h"
#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/hash.h"
#include "quern/base/text.h"
#include "quern/data/http/json_page.h"
#include "quern/data/record_scanner.h"
#include "quern/sql/session.h"

namespace quern::data::http {
namespace {

constexpr uint64_t kBatchBytes = 64 << 20;
constexpr double kBatchSeconds = 60;
constexpr int64_t kEmptyPagesMax = 100;

struct FileClose {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

struct Pull::Batch {
    std::string folder;
    std::string page;  // records of the page under way, one a line
    std::vector<std::string> files;
    std::string format = {};
    uint64_t size_bytes = 0;
    std::unique_ptr<std::FILE, FileClose> lines = {};

    Status keep_page(int64_t number) {
        if (page.empty()) return {};
        if (lines == nullptr) {
            files.push_back("pages_from_" + std::to_string(number) + ".ndjson");
            const std::string path = join_path(folder, files.back());
            lines.reset(std::fopen(path.c_str(), "wb"));
            if (lines == nullptr) return system_error(errno, "create", path);
        }
        size_bytes += page.size();
        if (std::fwrite(page.data(), 1, page.size(), lines.get()) != page.size()) {
            return system_error(errno, "write", files.back());
        }
        page.clear();
        return {};
    }
    Status finish() {
        if (lines == nullptr || std::fclose(lines.release()) == 0) return {};
        return system_error(errno, "write", files.back());
    }
};

Pull::Pull(sql::Session& session, Client client, Authentication authentication,
           std::vector<std::string> secrets, PullSettings settings)
    : session_(session),
      client_(std::move(client)),
      authentication_(std::move(authentication)),
      secrets_(std::move(secrets)),
      settings_(std::move(settings)) {}

// The last value seen, less the overlap, written as the server wrote it.
Result<std::string> Pull::value_to_ask_from() const {
    const std::string& last = progress_.last;
    if (last.empty()) return settings_.start;
    if (settings_.overlap.empty()) return last;
    const bool is_whole = std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
    constexpr size_t kDateBytes = 10;
    const std::string format = last.size() == kDateBytes ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ";
    const auto earlier = session_.query_text(
        is_whole
            ? "select (" + last + "::hugeint - " + quote_literal(settings_.overlap) +
                  "::hugeint)::varchar"
            : "select strftime((" + quote_literal(last) + "::timestamptz - interval " +
                  quote_literal(settings_.overlap) + ") at time zone 'UTC', '" + format + "')");
    if (earlier.ok() && *earlier) return **earlier;
    return invalid_argument("'overlap: " + settings_.overlap + "' cannot be taken from '" +
                            printable(last, 60) + "', the last value of '" +
                            settings_.cursor_column + "'");
}

Status Pull::begin(const std::string& position) {
    progress_ = TRY(Progress::parse(position, secrets_));
    if (progress_.is_under_way) return {};
    progress_.since = TRY(value_to_ask_from());
    progress_.is_under_way = true;
    return {};
}

// A token that the server no longer takes is fetched anew, once.
Result<Answer> Pull::ask() {
    Url url = settings_.url;
    if (!settings_.since.empty() && !progress_.since.empty()) {
        url = url.with({{settings_.since, progress_.since}});
    }
    if (settings_.pager != nullptr) url = TRY(settings_.pager->ask(url, progress_.at));
    Request request{.url = url, .headers = settings_.headers};
    if (settings_.format == BodyFormat::csv) request.path = csv_path();
    request.credentials = TRY(authentication_.headers(client_));
    auto answer = client_.send(request);
    if (answer.status().code() != Code::unauthenticated) return answer;
    if (!authentication_.forget_token()) return answer;
    request.credentials = TRY(authentication_.headers(client_));
    return client_.send(request);
}

std::string Pull::csv_path() const {
    return join_path(settings_.folder, "page_" + std::to_string(page_count_ + 1) + ".csv");
}

Status Pull::take_record(std::string_view record, Batch& batch) {
    const size_t start = batch.page.size();
    batch.page += record;
    std::replace_if(
        batch.page.begin() + static_cast<std::ptrdiff_t>(start), batch.page.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
    batch.page += '\n';
    if (settings_.since.empty()) return {};
    const auto value = field_of(record, settings_.cursor_column);
    if (value) progress_.raise(*value);
    return {};
}

Result<int64_t> Pull::take_lines(const Answer& answer, Batch& batch) {
    int64_t count = 0;
    for (const auto line : split_lines(answer.body)) {
        if (trim(line).empty()) continue;
        TRY(take_record(line, batch));
        ++count;
    }
    return count;
}

// Each page is a file with a header of its own.
Result<int64_t> Pull::take_csv(const Answer& answer, Batch& batch) {
    const std::string path = csv_path();
    if (settings_.format != BodyFormat::csv) TRY(write_file_durable(path, answer.body));
    if (!answer.has_known_end) {
        return failed_precondition(
                   "the server does not say how long its answer is, so a CSV that "
                   "was cut could not be told from a whole one")
            .hint("ask for JSON, or over https");
    }
    const std::string column = settings_.since.empty() ? "" : settings_.cursor_column;
    const auto page = TRY(read_csv_page(path, settings_.delimiter, column,
                                        [&](const auto& value) { progress_.raise(value); }));
    // The first header tells the columns, also where there are no records.
    const bool is_worth = page.record_count > 0 || (page.has_header && page_count_ == 0);
    if (is_worth) batch.files.push_back(file_name(path));
    batch.size_bytes += TRY(file_facts(path)).size_bytes;
    return page.record_count;
}

Status Pull::check_total() const {
    if (!total_ || *total_ == progress_.record_count) return {};
    return failed_precondition("the server speaks of " + plural(*total_, "record") + " but gave " +
                               with_thousands(progress_.record_count))
        .hint(
            settings_.pager == nullptr
                ? "it has further pages: say in `pages` how they are asked for"
                : "if rows came or went meanwhile, run again; leave out a `total` that never fits");
}

// Puts the records of an answer into the batch and says how many they are.
Result<int64_t> Pull::take_body(const Answer& answer, const JsonPage* page, Batch& batch) {
    if (batch.format == "csv") return take_csv(answer, batch);
    if (page == nullptr) return take_lines(answer, batch);
    int64_t count = 0;
    const auto take = [&](std::string_view record) {
        ++count;
        return take_record(record, batch);
    };
    TRY(page->each_record(settings_.records ? &*settings_.records : nullptr, take));
    return count;
}

Status Pull::take_answer(const Answer& answer, Batch& batch) {
    TRY(refuse_web_page(answer));
    const BodyFormat format = body_format(answer, settings_.format);
    const std::string name = format == BodyFormat::csv ? "csv" : "ndjson";
    if (!batch.format.empty() && batch.format != name) {
        return failed_precondition("this page is " + name + ", those before it are " + batch.format)
            .hint("say `format` in the source");
    }
    batch.format = name;
    std::optional<JsonPage> page;
    const bool is_json = format == BodyFormat::json && !trim(answer.body).empty();
    if (is_json) page.emplace(TRY(JsonPage::parse(answer.body)));
    const JsonPage* json = page ? &*page : nullptr;
    const int64_t count = TRY(take_body(answer, json, batch));
    const std::string digest =
        name == "csv" ? TRY(sha256_file(csv_path())) : sha256_hex(batch.page);
    const bool is_new = seen_.insert(digest).second;
    if (count > 0 && !is_new && !settings_.allows_repeats) {
        return failed_precondition("these are the same records as on a page before")
            .hint(
                "look at `pages`: does the server heed the parameter? where pages may be equal, "
                "set `repeats: true`");
    }
    if (json != nullptr && settings_.total) {
        const auto text = TRY(json->value(*settings_.total));
        total_ = text ? std::optional(std::strtoll(text->c_str(), nullptr, 10)) : std::nullopt;
    }
    return move_on(answer, count, json);
}

// To the next page, or to the end.
Status Pull::move_on(const Answer& answer, int64_t count, const JsonPage* json) {
    ++page_count_;
    progress_.record_count += count;
    empty_count_ = count == 0 ? empty_count_ + 1 : 0;
    std::string next;
    const Pager* pager = settings_.pager.get();
    if (pager != nullptr && (count > 0 || !pager->ends_with_empty_page())) {
        const Page page{answer, count,
                        [&](const JsonPath& path) -> Result<std::optional<std::string>> {
                            if (json == nullptr) return std::optional<std::string>();
                            return json->value(path);
                        }};
        next = TRY(pager->next(page, progress_.at));
    }
    if (next.empty()) {
        progress_.is_under_way = false;
        return check_total();
    }
    if (!seen_.insert("at " + next).second) {
        return failed_precondition("this page leads back to one before it");
    }
    if (empty_count_ > kEmptyPagesMax) {
        return failed_precondition("more than " + plural(kEmptyPagesMax, "page") +
                                   " without records in a row");
    }
    if (page_count_ >= settings_.page_count_max) {
        return resource_exhausted("there are more than " + plural(page_count_, "page"))
            .hint("raise `page_count_max`, or ask for larger pages");
    }
    progress_.at = std::move(next);
    return {};
}

// Whether the server has none of the page asked for, and its total says that there is none.
bool Pull::is_past_end(const Status& fault) const {
    return fault.code() == Code::not_found && total_ && page_count_ > 0 &&
           progress_.record_count >= *total_;
}

Status Pull::take_page(Batch& batch) {
    auto answer = ask();
    if (is_past_end(answer.status())) {
        progress_.is_under_way = false;
        return check_total();
    }
    if (!answer.ok()) return std::move(answer).status();
    const Status fault = take_answer(*answer, batch);
    if (fault.ok()) return batch.keep_page(page_count_);
    return Status(fault.code(), client_.without_secrets("GET " + answer->url.shown() + ": " +
                                                        std::string(fault.message())))
        .hint(client_.without_secrets(std::string(fault.hint())));
}

Result<Pulled> Pull::pull(const std::string& position) {
    if (!failure_.ok()) return failure_;  // what came before it has landed
    if (page_count_ == 0) TRY(begin(position));
    Batch batch{.folder = settings_.folder};
    const double end_s = steady_seconds() + kBatchSeconds;
    while (progress_.is_under_way) {
        const Progress before = progress_;
        const size_t file_count = batch.files.size();
        Status fault = take_page(batch);
        if (!fault.ok()) {
            progress_ = before;
            batch.files.resize(file_count);
            if (batch.files.empty() || fault.code() == Code::cancelled) return fault;
            failure_ = std::move(fault);
            break;
        }
        const bool is_full = batch.size_bytes >= kBatchBytes || steady_seconds() >= end_s;
        if (is_full || settings_.is_sample) break;
    }
    TRY(batch.finish());
    if (!progress_.is_under_way) progress_ = {.last = progress_.last};
    return Pulled{.files = std::move(batch.files),
                  .format = batch.format,
                  .position = progress_.text(secrets_),
                  .has_more = progress_.is_under_way};
}

}  // namespace quern::data::http

// Goes through the pages of an API and puts their records into files, a batch at a time.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "quern/data/connector.h"
#include "quern/data/http/authentication.h"
#include "quern/data/http/body.h"
#include "quern/data/http/client.h"
#include "quern/data/http/json_page.h"
#include "quern/data/http/json_path.h"
#include "quern/data/http/progress.h"
#include "quern/data/paging/paging.h"

namespace quern::data::http {

struct PullSettings {
    Url url;
    Pairs headers;  // that are no secrets of the source, such as Accept
    BodyFormat format = BodyFormat::automatic;
    std::optional<JsonPath> records, total;
    std::unique_ptr<Pager> pager;  // null: a single page
    std::string since;             // query parameter that takes the last value of `cursor_column`
    std::string cursor_column;     // "": none
    std::string start;             // its value before anything was seen
    std::string overlap;
    std::string delimiter = ",";  // of CSV
    bool allows_repeats = false;
    int64_t page_count_max = 1'000'000;
    std::string folder;  // for the files
    bool is_sample = false;
};

class Pull : public Connection {
public:
    Pull(sql::Session& session, Client client, Authentication authentication,
         std::vector<std::string> secrets, PullSettings settings);
    Result<Pulled> pull(const std::string& position) override;

private:
    struct Batch;

    Status begin(const std::string& position);
    Result<std::string> value_to_ask_from() const;
    Result<Answer> ask();
    bool is_past_end(const Status& fault) const;
    Status take_page(Batch& batch);
    Status take_answer(const Answer& answer, Batch& batch);
    Result<int64_t> take_body(const Answer& answer, const JsonPage* page, Batch& batch);
    Result<int64_t> take_lines(const Answer& answer, Batch& batch);
    Result<int64_t> take_csv(const Answer& answer, Batch& batch);
    Status take_record(std::string_view record, Batch& batch);
    Status move_on(const Answer& answer, int64_t count, const JsonPage* json);
    Status check_total() const;
    std::string csv_path() const;

    sql::Session& session_;
    Client client_;
    Authentication authentication_;
    std::vector<std::string> secrets_;
    PullSettings settings_;
    Progress progress_;
    std::set<std::string> seen_;  // digests of pages and positions
    std::optional<int64_t> total_;
    Status failure_;  // of the page after the last batch
    int64_t page_count_ = 0, empty_count_ = 0;
};

}  // namespace quern::data::http

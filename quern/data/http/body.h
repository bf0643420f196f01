// What came as an answer's body: which kind of data, or none at all.
#pragma once

#include <functional>
#include <string>

#include "quern/base/status.h"
#include "quern/data/http/exchange.h"

namespace quern::data::http {

enum class BodyFormat { automatic, json, ndjson, csv };

// As wanted, else as the answer's content type says.
BodyFormat body_format(const Answer& answer, BodyFormat wanted);

// The web page that stands in for an answer: a login, an error, a proxy's word.
Status refuse_web_page(const Answer& answer);

struct CsvPage {
    bool has_header = false;
    int64_t record_count = 0;  // without the header
};
// Goes through a CSV file; tells the sound values of the column of this name, if it is there.
Result<CsvPage> read_csv_page(const std::string& path, const std::string& delimiter,
                              const std::string& column,
                              const std::function<void(const std::string&)>& tell);

}  // namespace quern::data::http

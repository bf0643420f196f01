// When to ask a server again, and how long to wait before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace quern::data::http {

// 429, and what is the server's fault but not for good.
bool is_worth_retry(int status);
// Seconds to wait as `Retry-After` says: a number, or a date seen at `now_ms`. None: no sense in
// it.
std::optional<double> retry_after_s(const std::string& header, int64_t now_ms);
// Twice as long after each failure, of which a random part: `part` in [0, 1).
double back_off_s(int64_t failure_count, double first_s, double longest_s, double part);

}  // namespace quern::data::http

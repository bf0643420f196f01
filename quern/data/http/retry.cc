#include "quern/data/http/retry.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "quern/base/text.h"

namespace quern::data::http {

bool is_worth_retry(int status) {
    constexpr int kTooMany = 429, kServerFault = 500, kNotBuilt = 501;
    return status == kTooMany || (status >= kServerFault && status != kNotBuilt);
}

std::optional<double> retry_after_s(const std::string& header, int64_t now_ms) {
    const std::string text(trim(header));
    if (text.empty()) return std::nullopt;
    double seconds = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (code == std::errc() && end == text.data() + text.size()) {
        return std::isfinite(seconds) && seconds >= 0 ? std::optional(seconds) : std::nullopt;
    }
    const time_t when = curl_getdate(text.c_str(), nullptr);
    if (when == -1) return std::nullopt;
    return std::max(0.0, static_cast<double>(when) - static_cast<double>(now_ms) / 1000);
}

double back_off_s(int64_t failure_count, double first_s, double longest_s, double part) {
    const double doubled = std::ldexp(
        first_s, static_cast<int>(std::min<int64_t>(std::max<int64_t>(failure_count - 1, 0), 60)));
    return part * std::min(doubled, longest_s);
}

}  // namespace quern::data::http

#include "quern/data/http/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "quern/base/text.h"
#include "quern/data/record_scanner.h"

namespace quern::data::http {
namespace {

constexpr size_t kUrlBytesMax = 16 << 10;
constexpr size_t kShownBytesMax = 300;

struct HandleFree {
    void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};
using Handle = std::unique_ptr<CURLU, HandleFree>;

std::string part(const Handle& handle, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(handle.get(), which, &text, flags) != CURLUE_OK) return "";
    const std::unique_ptr<char, void (*)(void*)> owner(text, &curl_free);
    return text;
}

Status broken(const std::string& text, const std::string& why) {
    return invalid_argument("'" +
                            printable(text.substr(0, text.find_first_of("?@")), kShownBytesMax) +
                            "' is no address to read from: " + why)
        .hint("write it as http://host/path or https://host/path");
}

std::string_view query_of(std::string_view url) {
    const size_t start = url.find('?');
    if (start == std::string_view::npos) return {};
    return url.substr(start + 1, url.find('#') - start - 1);
}

template <class Visit>
void for_each_parameter(std::string_view query, Visit visit) {
    while (!query.empty()) {
        const size_t end = std::min(query.find('&'), query.size());
        const std::string_view one = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        const size_t equals = std::min(one.find('='), one.size());
        if (!one.empty()) visit(one, one.substr(0, equals), one.substr(equals));
    }
}

bool is_number(std::string_view text) {
    constexpr size_t kDigitsMax = 10;
    return !text.empty() && text.size() <= kDigitsMax &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<Url> Url::parse(const std::string& text) {
    if (text.size() > kUrlBytesMax) return broken(text, "it is longer than 16 KB");
    const bool is_odd = std::ranges::any_of(text, [](unsigned char c) { return c <= ' '; });
    if (is_odd) return broken(text, "it holds a blank or a control character");
    const size_t colon = text.find("://");
    if (colon == std::string::npos)
        return broken(text, "it does not begin with http:// or https://");
    const std::string scheme = lower_ascii(text.substr(0, colon));
    if (scheme != "http" && scheme != "https") {
        return broken(text, "only http and https are read, not '" + printable(scheme, 40) + "'");
    }
    const Handle handle(curl_url());
    const auto code = curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0);
    if (code != CURLUE_OK) return broken(text, curl_url_strerror(code));
    if (!part(handle, CURLUPART_USER).empty() || !part(handle, CURLUPART_PASSWORD).empty()) {
        return invalid_argument("an address must not hold a user and a password")
            .hint("write them as `auth: {basic: {user: ..., password: \"${PASSWORD}\"}}`");
    }
    curl_url_set(handle.get(), CURLUPART_FRAGMENT, nullptr, 0);
    Url url;
    url.host_ = lower_ascii(part(handle, CURLUPART_HOST));
    if (url.host_.empty()) return broken(text, "it names no host");
    url.origin_ =
        scheme + "://" + url.host_ + ":" + part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    curl_url_set(handle.get(), CURLUPART_HOST, url.host_.c_str(), 0);
    url.text_ = part(handle, CURLUPART_URL);
    return url;
}

Result<Url> Url::join(const std::string& reference) const {
    if (reference.size() > kUrlBytesMax) return broken(reference, "it is longer than 16 KB");
    const size_t colon = reference.find(':');
    const bool has_scheme = colon != std::string::npos && colon < reference.find_first_of("/?#");
    if (has_scheme) return parse(reference);
    const Handle handle(curl_url());
    curl_url_set(handle.get(), CURLUPART_URL, text_.c_str(), 0);
    const auto code = curl_url_set(handle.get(), CURLUPART_URL, reference.c_str(), 0);
    if (code != CURLUE_OK) return broken(reference, curl_url_strerror(code));
    return parse(part(handle, CURLUPART_URL));
}

Url Url::with(const Pairs& parameters) const {
    std::string query;
    const auto add = [&](std::string_view text) {
        if (!query.empty()) query += '&';
        query += text;
    };
    for_each_parameter(query_of(text_), [&](auto one, auto name, auto) {
        const std::string plain = percent_decoded(name);
        const auto is_it = [&](const auto& parameter) { return parameter.first == plain; };
        if (std::ranges::none_of(parameters, is_it)) add(one);
    });
    if (!parameters.empty()) add(form_text(parameters));
    Url url = *this;
    url.text_ = text_.substr(0, text_.find('?'));
    if (!query.empty()) url.text_ += "?" + query;
    return url;
}

std::string Url::shown() const {
    std::string query;
    for_each_parameter(query_of(text_), [&](auto, auto name, auto value) {
        query += query.empty() ? '?' : '&';
        query += name;
        if (value.empty()) return;
        query += is_number(value.substr(1)) ? std::string(value) : "=...";
    });
    return printable(text_.substr(0, text_.find('?')) + query, kShownBytesMax);
}

std::string percent_encoded(std::string_view text) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') ||
                              std::string_view("-._~").find(c) != std::string_view::npos;
        const auto byte = static_cast<unsigned char>(c);
        if (is_plain) {
            encoded += c;
        } else {
            encoded += {'%', kDigits[byte / 16], kDigits[byte % 16]};
        }
    }
    return encoded;
}

std::string percent_decoded(std::string_view text) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        c |= 0x20;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    std::string decoded;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool is_code = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
                             digit(text[i + 2]) >= 0;
        if (is_code) {
            decoded += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        } else {
            decoded += text[i] == '+' ? ' ' : text[i];
        }
    }
    return decoded;
}

std::string form_text(const Pairs& fields) {
    std::string text;
    for (const auto& [name, value] : fields) {
        if (!text.empty()) text += '&';
        text += percent_encoded(name) + "=" + percent_encoded(value);
    }
    return text;
}

}  // namespace quern::data::http

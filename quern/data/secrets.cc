#include "quern/data/secrets.h"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "quern/base/file.h"
#include "quern/base/text.h"
#include "quern/data/http/url.h"

namespace quern::data {
namespace {

constexpr std::string_view kOpen = "${", kFile = "file:", kHidden = "***";
constexpr uint64_t kSecretBytesMax = 1 << 20;
// Shorter ones are likely to stand in messages by chance, and are no secrets.
constexpr size_t kRedactedBytesMin = 4;

void replace_all(std::string& text, std::string_view what) {
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
        text.replace(at, what.size(), kHidden);
        at += kHidden.size();
    }
}

}  // namespace

bool has_reference(std::string_view text) {
    for (size_t at = text.find(kOpen); at != std::string_view::npos; at = text.find(kOpen, at + 2))
        if (at == 0 || text[at - 1] != '$') return true;
    return false;
}

Result<std::string> Secrets::value_of(const std::string& reference, const Place& place) {
    if (reference.starts_with(kFile)) {
        auto text = read_file(reference.substr(kFile.size()), kSecretBytesMax);
        if (!text.ok()) return std::move(text).status().at(place.text());
        return std::string(trim(*text));
    }
    const char* value = std::getenv(reference.c_str());
    if (value != nullptr) return std::string(value);
    return not_found("the environment variable " + reference + " is not set")
        .at(place.text())
        .hint("set it before the run, or name a file: ${file:/run/secrets/name}");
}

Result<std::string> Secrets::fill_text(const Tree& value) {
    const std::string& text = value.text;
    std::string filled;
    size_t at = 0;
    while (at < text.size()) {
        if (text.compare(at, 3, "$${") == 0) {
            filled += kOpen;
            at += 3;
            continue;
        }
        if (text.compare(at, 2, kOpen) != 0) {
            filled += text[at++];
            continue;
        }
        const size_t end = text.find('}', at);
        if (end == std::string::npos) {
            return invalid_argument("'${' has no end").at(value.place.text()).hint("write ${NAME}");
        }
        const std::string secret = TRY(value_of(text.substr(at + 2, end - at - 2), value.place));
        filled += secret;
        // The longer first: one may be a part of another.
        const auto place =
            std::ranges::lower_bound(values_, secret.size(), std::greater<>(), &std::string::size);
        values_.insert(place, secret);
        at = end + 1;
    }
    return filled;
}

Result<Tree> Secrets::fill(const Tree& settings) {
    Tree filled = settings;
    if (settings.is_scalar()) filled.text = TRY(fill_text(settings));
    for (auto& item : filled.items) item = TRY(fill(Tree(item)));
    for (auto& entry : filled.entries) entry.value = TRY(fill(Tree(entry.value)));
    return filled;
}

std::string Secrets::redact(std::string_view text) const {
    std::string clean(text);
    for (const auto& value : values_) {
        if (value.size() < kRedactedBytesMin) continue;
        replace_all(clean, value);
        replace_all(clean, http::percent_encoded(value));
    }
    return clean;
}

Status Secrets::redact(const Status& status) const {
    if (status.ok()) return {};
    Status clean(status.code(), redact(status.message()));
    if (!status.where().empty()) clean = std::move(clean).at(redact(status.where()));
    if (!status.hint().empty()) clean = std::move(clean).hint(redact(status.hint()));
    for (const auto& other : status.others()) clean.also(redact(other));
    return clean;
}

}  // namespace quern::data

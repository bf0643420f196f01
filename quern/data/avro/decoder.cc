#include "quern/data/avro/decoder.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "quern/base/json.h"
#include "quern/base/text.h"
#include "quern/frame/value_text.h"

namespace quern::data {
namespace {

using Kind = AvroType::Kind;
using Meaning = AvroType::Meaning;

constexpr int kDepthMax = 100;
constexpr int64_t kItemsMax = 100'000'000;  // of one array: some kinds of items take no bytes

Status broken(std::string why) { return corrupt("the bytes do not fit the schema: " + why); }

template <class Float>
void append_float(Float number, std::string& out) {
    const std::string text = frame::float_text(number);
    out += std::isfinite(number) ? text : '"' + text + '"';
}

// A number of any length, its highest byte first, as decimal digits.
std::string digits_of(std::string_view bytes) {
    std::string left(bytes);
    const bool is_negative = !left.empty() && static_cast<uint8_t>(left[0]) >= 0x80;
    if (is_negative) {  // its two's complement
        bool carries = true;
        for (size_t i = left.size(); i-- > 0;) {
            const auto flipped = static_cast<uint8_t>(~static_cast<uint8_t>(left[i]));
            left[i] = static_cast<char>(flipped + (carries ? 1 : 0));
            carries = carries && flipped == 0xFF;
        }
    }
    std::string digits;
    size_t start = 0;
    while (start < left.size()) {
        unsigned remainder = 0;
        for (size_t i = start; i < left.size(); ++i) {
            const unsigned part = remainder << 8 | static_cast<uint8_t>(left[i]);
            left[i] = static_cast<char>(part / 10);
            remainder = part % 10;
        }
        digits.insert(digits.begin(), static_cast<char>('0' + remainder));
        while (start < left.size() && left[start] == 0) ++start;
    }
    if (digits.empty()) digits = "0";
    return (is_negative ? "-" : "") + digits;
}

}  // namespace

Status AvroDecoder::append_json(std::string_view& bytes, std::string& out) {
    rest_ = bytes;
    TRY(value(schema_.root(), out, 0));
    bytes = rest_;
    return {};
}

Result<int64_t> AvroDecoder::whole() {
    uint64_t bits = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        if (rest_.empty()) return broken("they end too early");
        const auto byte = static_cast<uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        if (shift == 63 && byte > 1) break;
        bits |= static_cast<uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) return static_cast<int64_t>(bits >> 1 ^ (~(bits & 1) + 1));
    }
    return broken("a number is too long");
}

Result<std::string_view> AvroDecoder::take(int64_t size) {
    if (size < 0 || static_cast<uint64_t>(size) > rest_.size()) {
        return broken("they end too early");
    }
    const auto taken = rest_.substr(0, static_cast<size_t>(size));
    rest_.remove_prefix(taken.size());
    return taken;
}

Status AvroDecoder::value(size_t index, std::string& out, int depth) {
    if (depth > kDepthMax) return broken("values lie too deep in each other");
    const AvroType& type = schema_.type(index);
    switch (type.kind) {
        case Kind::record:
            return record(type, out, depth);
        case Kind::array:
        case Kind::map:
            return items(type, out, depth);
        case Kind::alternatives:
            return alternative(index, out, depth);
        default:
            return plain(type, out);
    }
}

Status AvroDecoder::plain(const AvroType& type, std::string& out) {
    switch (type.kind) {
        case Kind::boolean: {
            const auto byte = TRY(take(1));
            if (static_cast<uint8_t>(byte[0]) > 1) return broken("a boolean is neither");
            out += byte[0] == 1 ? "true" : "false";
            return {};
        }
        case Kind::int32:
        case Kind::int64: {
            const int64_t number = TRY(whole());
            if (type.kind == Kind::int32 && number != static_cast<int32_t>(number)) {
                return broken("an int is too large");
            }
            if (type.meaning != Meaning::none) return moment(type, number, out);
            out += std::to_string(number);
            return {};
        }
        case Kind::float32: {
            uint32_t bits = 0;
            std::memcpy(&bits, TRY(take(4)).data(), 4);
            append_float(std::bit_cast<float>(bits), out);
            return {};
        }
        case Kind::float64: {
            uint64_t bits = 0;
            std::memcpy(&bits, TRY(take(8)).data(), 8);
            append_float(std::bit_cast<double>(bits), out);
            return {};
        }
        case Kind::bytes:
        case Kind::fixed: {
            const auto bytes = type.kind == Kind::fixed ? TRY(take(type.size)) : TRY(sized());
            if (type.meaning == Meaning::decimal) return decimal(type, bytes, out);
            out += json_string(frame::blob_text(bytes));
            return {};
        }
        case Kind::text: {
            const auto text = TRY(sized());
            if (first_not_utf8(text) != text.npos) return broken("a string is not UTF-8");
            out += json_string(text);
            return {};
        }
        case Kind::enumeration: {
            const int64_t number = TRY(whole());
            if (number < 0 || static_cast<size_t>(number) >= type.names.size()) {
                return broken("an enum has no word of that number");
            }
            out += json_string(type.names[static_cast<size_t>(number)]);
            return {};
        }
        default:
            out += "null";
            return {};
    }
}

Status AvroDecoder::record(const AvroType& type, std::string& out, int depth) {
    out += '{';
    for (size_t i = 0; i < type.parts.size(); ++i) {
        out += (i == 0 ? "" : ", ") + json_string(type.names[i]) + ": ";
        TRY(value(type.parts[i], out, depth + 1));
    }
    out += '}';
    return {};
}

// Blocks of items, each with its count; a negative one is followed by the block's size.
Status AvroDecoder::items(const AvroType& type, std::string& out, int depth) {
    const bool is_map = type.kind == Kind::map;
    out += is_map ? '{' : '[';
    int64_t count_all = 0;
    while (true) {
        int64_t count = TRY(whole());
        if (count == 0) break;
        if (count < 0) {
            TRY(whole());
            if (count == INT64_MIN) return broken("an array is too long");
            count = -count;
        }
        if (count > kItemsMax - count_all) return broken("an array is too long");
        for (int64_t i = 0; i < count; ++i) {
            if (count_all++ > 0) out += ", ";
            if (is_map) {
                const auto key = TRY(sized());
                if (first_not_utf8(key) != key.npos) return broken("a key is not UTF-8");
                out += json_string(key) + ": ";
            }
            TRY(value(type.parts[0], out, depth + 1));
        }
    }
    out += is_map ? '}' : ']';
    return {};
}

// What may be of several types comes as a text: a string as it is, all else as its JSON.
Status AvroDecoder::alternative(size_t index, std::string& out, int depth) {
    const AvroType& type = schema_.type(index);
    const int64_t number = TRY(whole());
    if (number < 0 || static_cast<size_t>(number) >= type.parts.size()) {
        return broken("a union has no alternative of that number");
    }
    const size_t part = type.parts[static_cast<size_t>(number)];
    const bool is_plain =
        schema_.without_null(index) != index || schema_.type(part).kind == Kind::null;
    if (is_plain) return value(part, out, depth + 1);
    std::string inner;
    TRY(value(part, inner, depth + 1));
    out += inner.starts_with('"') ? inner : json_string(inner);
    return {};
}

Status AvroDecoder::decimal(const AvroType& type, std::string_view bytes, std::string& out) {
    constexpr size_t kBytesMax = 1024;  // the time to write them grows with the square
    if (bytes.size() > kBytesMax) return broken("a decimal is too long");
    std::string digits = digits_of(bytes);
    const size_t sign = digits.starts_with('-') ? 1 : 0;
    const auto scale = static_cast<size_t>(type.scale);
    if (scale > 0) {
        if (digits.size() - sign <= scale) {
            digits.insert(sign, scale + 1 - (digits.size() - sign), '0');
        }
        digits.insert(digits.size() - scale, 1, '.');
    }
    out += '"' + digits + '"';
    return {};
}

Status AvroDecoder::moment(const AvroType& type, int64_t number, std::string& out) {
    const auto times = [&](int64_t factor) -> Result<int64_t> {
        int64_t us = 0;
        if (__builtin_mul_overflow(number, factor, &us)) return broken("a time is out of range");
        return us;
    };
    const auto from_ns = [&] { return number / 1000 - (number % 1000 < 0 ? 1 : 0); };
    constexpr int64_t kUsOfDay = 86'400'000'000;
    const bool is_time = type.meaning == Meaning::time_ms || type.meaning == Meaning::time_us;
    const int64_t us = type.meaning == Meaning::time_ms ? number * 1000 : number;
    if (is_time && (us < 0 || us > kUsOfDay)) return broken("a time of day is out of range");
    std::string text;
    switch (type.meaning) {
        case Meaning::date:
            text = frame::date_text(static_cast<int32_t>(number));
            break;
        case Meaning::time_ms:
            text = frame::time_text(TRY(times(1000)));
            break;
        case Meaning::time_us:
            text = frame::time_text(number);
            break;
        case Meaning::moment_ms:
            text = frame::timestamptz_text(TRY(times(1000)));
            break;
        case Meaning::moment_us:
            text = frame::timestamptz_text(number);
            break;
        case Meaning::moment_ns:
            text = frame::timestamptz_text(from_ns());
            break;
        case Meaning::local_ms:
            text = frame::timestamp_text(TRY(times(1000)));
            break;
        case Meaning::local_us:
            text = frame::timestamp_text(number);
            break;
        case Meaning::local_ns:
            text = frame::timestamp_text(from_ns());
            break;
        default:
            return broken("a number has no such meaning");
    }
    out += json_string(text);
    return {};
}

}  // namespace quern::data

// strptime: a timestamp out of a text, by one pattern or the first of several that fits.
#include "quern/score/functions/date_pattern.h"
#include "quern/score/functions/moment.h"
#include "quern/score/functions/parse.h"
#include "quern/score/functions/strptime_reader.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

struct Prepared {
    std::vector<DatePattern> patterns;
    // With several patterns and an offset in one of them DuckDB takes 30 February for 1 March.
    bool is_lenient = false;
};

int64_t clock_of(const ParsedMoment& parsed) {
    return parsed.hour * kMicrosPerHour + parsed.minute * kMicrosPerMinute +
           parsed.second * kMicrosPerSecond + (parsed.nanos + 500) / 1000;
}

bool timestamp_from(const ParsedMoment& parsed, bool is_lenient, int64_t& out) {
    int64_t time = clock_of(parsed) - parsed.offset_seconds * kMicrosPerSecond;
    int32_t days = 0;
    if (is_lenient)
        days = static_cast<int32_t>(days_of_civil(parsed.year, parsed.month, parsed.day));
    else if (!days_of_date(parsed.year, parsed.month, parsed.day, days))
        return false;
    return timestamp_of(days, time, out);
}

Row parse(const Prepared& prepared, std::string_view text, int64_t& out) {
    for (const DatePattern& pattern : prepared.patterns) {
        ParsedMoment parsed;
        if (!read_moment(pattern, text, parsed)) continue;
        if (parsed.special) {
            out = *parsed.special;
            return Row::value;
        }
        return timestamp_from(parsed, prepared.is_lenient, out) ? Row::value : Row::failed;
    }
    return Row::failed;
}

// Here infinity and epoch are the day on which a pattern without a date lies, as in DuckDB.
Row try_parse(const Prepared& prepared, std::string_view text, int64_t& out) {
    for (const DatePattern& pattern : prepared.patterns) {
        ParsedMoment parsed;
        if (!read_moment(pattern, text, parsed)) continue;
        if (parsed.special && prepared.is_lenient) {
            out = *parsed.special;
            return Row::value;
        }
        if (timestamp_from(parsed, prepared.is_lenient, out)) return Row::value;
    }
    return Row::null;
}

template <auto parse_text>
void parse_rows(const Call& call) {
    const auto& prepared = *static_cast<const Prepared*>(call.prepared);
    Call texts{call.arguments.first(1), call.types.first(1), call.result, call.out,
               call.row_count,          call.prepared,       call.texts};
    map_rows<int64_t, std::string_view>(texts, [&](std::string_view text, int64_t& out) {
        return parse_text(prepared, text, out);
    });
}

template <auto parse_text>
Result<BoundFunction> bind_strptime(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() < 2) return no_overload(signature);
    for (const auto& type : types)
        if (type.id != TypeId::varchar) return no_overload(signature);
    Prepared prepared;
    size_t with_offset = 0;
    for (size_t i = 1; i < types.size(); ++i) {
        const std::string* text = constant_text(signature, i);
        if (text == nullptr) return unimplemented("the patterns must be constant texts");
        auto pattern = parse_date_pattern(*text);
        if (!pattern || has_part(*pattern, 'n') || has_part(*pattern, 'Z'))
            return unimplemented("no compiled form for the pattern '" + *text + "'");
        with_offset += has_part(*pattern, 'z');
        prepared.patterns.push_back(std::move(*pattern));
    }
    // DuckDB would give a text without offset the one of the row before.
    bool has_offset = with_offset > 0;
    if (has_offset && with_offset != prepared.patterns.size())
        return unimplemented("patterns with and without %z do not go together");
    prepared.is_lenient = has_offset && types.size() > 2;
    if (signature.result.id != (has_offset ? TypeId::timestamptz : TypeId::timestamp))
        return no_overload(signature);
    return BoundFunction{parse_rows<parse_text>, std::make_shared<Prepared>(std::move(prepared))};
}

}  // namespace

QUERN_REGISTER(RowFunction)({
    .name = "strptime",
    .summary = "A timestamp out of a text by a pattern; what does not fit fails the row.",
    .example = "strptime('5.3.2024', '%d.%m.%Y') = timestamp '2024-03-05'",
    .bind = bind_strptime<parse>,
});
QUERN_REGISTER(RowFunction)({
    .name = "try_strptime",
    .summary = "A timestamp out of a text by a pattern; NULL when it does not fit.",
    .example = "try_strptime('5 March', ['%d.%m.%Y', '%d %B']) = timestamp '1900-03-05'",
    .bind = bind_strptime<try_parse>,
});

}  // namespace quern::score

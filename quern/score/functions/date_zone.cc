// AT TIME ZONE: moments as a clock in a zone shows them, and back.
#include "quern/score/functions/calendar.h"
#include "quern/score/kernel.h"
#include "quern/score/time_zone.h"

namespace quern::score {
namespace {

using frame::TypeId;

template <auto convert>
void zone_rows(const Call& call) {
    const auto& zone = *static_cast<const TimeZone*>(call.prepared);
    map_rows<int64_t, std::string_view, int64_t, std::string_view>(
        call, [&zone](std::string_view, int64_t micros, std::string_view, int64_t& out) {
            out = micros;
            if (!is_finite_timestamp(micros)) return Row::value;
            out = (zone.*convert)(micros);
            return is_finite_timestamp(out) ? Row::value : Row::failed;
        });
}

void no_offset(const Call& call) {
    map_rows<int64_t, int64_t>(call, [](int64_t micros, int64_t& out) {
        out = 0;
        return is_finite_timestamp(micros) ? Row::value : Row::null;
    });
}

// The compiler gives the zone's rules as a third argument.
Result<BoundFunction> bind_timezone(const Signature& signature) {
    const auto& types = signature.arguments;
    TypeId result = signature.result.id;
    auto is_moment = [](TypeId id) { return id == TypeId::timestamp || id == TypeId::timestamptz; };
    if (types.size() == 1 && is_moment(types[0].id) && result == TypeId::bigint)
        return BoundFunction{no_offset, nullptr};
    bool has_shape = (types.size() == 2 || types.size() == 3) && types[0].id == TypeId::varchar &&
                     is_moment(types[1].id) && is_moment(result) && result != types[1].id;
    if (!has_shape) return no_overload(signature);
    const std::string* rules = types.size() == 3 ? constant_text(signature, 2) : nullptr;
    if (rules == nullptr) return unimplemented("the time zone must be a constant text");
    auto zone = std::make_shared<TimeZone>(TRY(TimeZone::parse(*rules)));
    if (result == TypeId::timestamp)
        return BoundFunction{zone_rows<&TimeZone::local_micros>, std::move(zone)};
    return BoundFunction{zone_rows<&TimeZone::utc_micros>, std::move(zone)};
}

}  // namespace

QUERN_REGISTER(RowFunction)({
    .name = "timezone",
    .summary = "AT TIME ZONE: a timestamp with time zone as the clock of a zone, or the other way.",
    .example = "timestamptz '2024-07-01 12:00:00+00' at time zone 'Europe/Berlin' = timestamp "
               "'2024-07-01 14:00:00'",
    .bind = bind_timezone,
});

}  // namespace quern::score

// Casts among dates, times, timestamps and timestamps with time zone. The session's zone is UTC.
#include "quern/score/functions/calendar.h"
#include "quern/score/functions/cast.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

Row date_to_timestamp(int32_t days, int64_t& out) {
    if (!is_finite_date(days)) {
        out = days > 0 ? kTimestampInfinity : -kTimestampInfinity;
        return Row::value;
    }
    return timestamp_of(days, 0, out) ? Row::value : Row::failed;
}

void timestamp_to_date(int64_t micros, int32_t& out) {
    if (is_finite_timestamp(micros))
        out = days_of_timestamp(micros);
    else
        out = micros > 0 ? kDateInfinity : -kDateInfinity;
}

Row timestamp_to_time(int64_t micros, int64_t& out) {
    if (!is_finite_timestamp(micros)) return Row::failed;
    out = time_of_timestamp(micros);
    return Row::value;
}

bool is_moment(TypeId id) { return id == TypeId::timestamp || id == TypeId::timestamptz; }

}  // namespace

Kernel cast_between_times(const frame::Type& from, const frame::Type& to) {
    if (from.id == TypeId::date && is_moment(to.id))
        return [](const Call& call) { map_rows<int64_t, int32_t>(call, date_to_timestamp); };
    if (is_moment(from.id) && to.id == TypeId::date)
        return [](const Call& call) { map_rows<int32_t, int64_t>(call, timestamp_to_date); };
    if (is_moment(from.id) && is_moment(to.id))
        return [](const Call& call) {
            map_rows<int64_t, int64_t>(call, [](int64_t in, int64_t& out) { out = in; });
        };
    if (from.id == TypeId::timestamp && to.id == TypeId::time)
        return [](const Call& call) { map_rows<int64_t, int64_t>(call, timestamp_to_time); };
    return nullptr;
}

}  // namespace quern::score

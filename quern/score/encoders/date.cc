#include "quern/score/encoder.h"
#include "quern/score/encoders/read.h"
#include "quern/score/functions/calendar.h"
#include "quern/score/learned.h"

namespace quern::score {
namespace {

// One moment, taken apart.
struct Moment {
    int32_t days;
    int64_t time;
    Civil civil;
};

struct Part {
    std::string_view name;
    double (*value)(const Moment& moment);
};

constexpr Part kParts[] = {
    {"days", [](const Moment& m) { return m.days + static_cast<double>(m.time) / kMicrosPerDay; }},
    {"year", [](const Moment& m) -> double { return m.civil.year; }},
    {"month", [](const Moment& m) -> double { return m.civil.month; }},
    {"day", [](const Moment& m) -> double { return m.civil.day; }},
    {"day_of_year",
     [](const Moment& m) {
         return static_cast<double>(m.days - days_of_civil(m.civil.year, 1, 1) + 1);
     }},
    {"day_of_week",
     [](const Moment& m) {
         int64_t since_monday = int64_t{m.days} + 3;
         return static_cast<double>(since_monday - floor_div(since_monday, 7) * 7 + 1);
     }},
    {"hour", [](const Moment& m) { return static_cast<double>(m.time / kMicrosPerHour); }},
    {"minute", [](const Moment& m) { return static_cast<double>(m.time / kMicrosPerMinute % 60); }},
    {"second",
     [](const Moment& m) {
         return static_cast<double>(m.time % kMicrosPerMinute) / kMicrosPerSecond;
     }},
};

struct DateParts {
    frame::Type type;
    std::vector<const Part*> parts;
    std::vector<double> mean, scale;  // one a part
    double fill = kMissing;
};

bool takes_date(const frame::Type& type) {
    return type.id == frame::TypeId::date || type.id == frame::TypeId::timestamp ||
           type.id == frame::TypeId::timestamptz;
}

// False for NULL and for infinities.
bool moment_at(const frame::Type& type, const Vector& feature, size_t row, Moment& out) {
    if (!feature.is_valid(row)) return false;
    if (type.id == frame::TypeId::date) {
        out.days = feature.values<int32_t>()[row];
        out.time = 0;
        if (!is_finite_date(out.days)) return false;
    } else {
        int64_t micros = feature.values<int64_t>()[row];
        if (!is_finite_timestamp(micros)) return false;
        out.days = days_of_timestamp(micros);
        out.time = time_of_timestamp(micros);
    }
    out.civil = civil_of_days(out.days);
    return true;
}

void apply_date(const void* prepared, const Vector& feature, size_t row_count, MatrixSlice to) {
    const DateParts& date = *static_cast<const DateParts*>(prepared);
    for (size_t row = 0; row < row_count; ++row) {
        Moment moment;
        bool has_moment = moment_at(date.type, feature, row, moment);
        double* out = to.out + row * to.stride;
        for (size_t i = 0; i < date.parts.size(); ++i)
            out[i] = has_moment ? (date.parts[i]->value(moment) - date.mean[i]) / date.scale[i]
                                : date.fill;
    }
}

// The buffer of one number a part, or the same number for all where it is absent.
Result<std::vector<double>> take_scaling(const Buffers& learned, std::string_view name,
                                         size_t count, double value_if_absent) {
    if (!learned.contains(std::string(name))) return std::vector<double>(count, value_if_absent);
    return take_buffer<double>(learned, name, count);
}

Result<BoundEncoder> bind_date(const frame::Type& type, const Buffers& learned) {
    TRY(check_names(learned, {"parts", "fill", "mean", "scale"}));
    auto date = std::make_shared<DateParts>();
    date->type = type;
    date->fill = TRY(take_value<double>(learned, "fill", kMissing));
    BoundEncoder encoder{apply_date, date, {}};
    for (const std::string& name : TRY(take_buffer<std::string>(learned, "parts"))) {
        const Part* found = nullptr;
        for (const Part& part : kParts)
            if (part.name == name) found = &part;
        if (found == nullptr) return corrupt("a date has no part '" + name + "'");
        date->parts.push_back(found);
        encoder.columns.push_back(" " + name);
    }
    date->mean = TRY(take_scaling(learned, "mean", date->parts.size(), 0));
    date->scale = TRY(take_scaling(learned, "scale", date->parts.size(), 1));
    for (size_t i = 0; i < date->parts.size(); ++i)
        if (!std::isfinite(date->mean[i]) || !std::isfinite(date->scale[i]) || date->scale[i] == 0)
            return corrupt("a scale is zero or not finite");
    return encoder;
}

}  // namespace

QUERN_REGISTER(Encoder)({
    .name = "date",
    .summary = "Parts of a date or timestamp as numbers.",
    .learned = "texts parts; double [fill]; doubles [mean], [scale]",
    .takes = takes_date,
    .bind = bind_date,
});

}  // namespace quern::score

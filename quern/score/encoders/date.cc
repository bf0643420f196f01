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
    double period = 0;  // 0: it does not come again
};

constexpr Part kParts[] = {
    {"days", [](const Moment& m) { return m.days + static_cast<double>(m.time) / kMicrosPerDay; }},
    {"year", [](const Moment& m) -> double { return m.civil.year; }},
    {"month", [](const Moment& m) -> double { return m.civil.month; }, 12},
    {"day", [](const Moment& m) -> double { return m.civil.day; }, 31},
    {"day_of_year",
     [](const Moment& m) {
         return static_cast<double>(m.days - days_of_civil(m.civil.year, 1, 1) + 1);
     },
     365.2425},
    {"day_of_week",
     [](const Moment& m) {
         int64_t since_monday = int64_t{m.days} + 3;
         return static_cast<double>(since_monday - floor_div(since_monday, 7) * 7 + 1);
     },
     7},
    {"hour", [](const Moment& m) { return static_cast<double>(m.time / kMicrosPerHour); }, 24},
    {"minute", [](const Moment& m) { return static_cast<double>(m.time / kMicrosPerMinute % 60); },
     60},
    {"second",
     [](const Moment& m) {
         return static_cast<double>(m.time % kMicrosPerMinute) / kMicrosPerSecond;
     },
     60},
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

struct Cycles {
    frame::Type type;
    std::vector<const Part*> parts;
};

void apply_cycle(const void* prepared, const Vector& feature, size_t row_count, MatrixSlice to) {
    const Cycles& cycles = *static_cast<const Cycles*>(prepared);
    for (size_t row = 0; row < row_count; ++row) {
        Moment moment;
        bool has_moment = moment_at(cycles.type, feature, row, moment);
        double* out = to.out + row * to.stride;
        for (const Part* part : cycles.parts) {
            double turn = has_moment ? 2 * M_PI * part->value(moment) / part->period : kMissing;
            *out++ = std::sin(turn);
            *out++ = std::cos(turn);
        }
    }
}

Result<BoundEncoder> bind_cycle(const frame::Type& type, const Buffers& learned) {
    TRY(check_names(learned, {"parts"}));
    auto cycles = std::make_shared<Cycles>();
    cycles->type = type;
    BoundEncoder encoder{apply_cycle, cycles, {}};
    for (const std::string& name : TRY(take_buffer<std::string>(learned, "parts"))) {
        const Part* found = nullptr;
        for (const Part& part : kParts)
            if (part.name == name && part.period > 0) found = &part;
        if (found == nullptr) return corrupt("a date has no cycle '" + name + "'");
        cycles->parts.push_back(found);
        encoder.columns.push_back(" " + name + " sin");
        encoder.columns.push_back(" " + name + " cos");
    }
    return encoder;
}

}  // namespace

QUERN_REGISTER(Encoder)({
    .name = "cycle",
    .summary = "Parts of a date as points on a circle: sine and cosine.",
    .learned = "texts parts",
    .takes = takes_date,
    .bind = bind_cycle,
});

QUERN_REGISTER(Encoder)({
    .name = "date",
    .summary = "Parts of a date or timestamp as numbers.",
    .learned = "texts parts; double [fill]; doubles [mean], [scale]",
    .takes = takes_date,
    .bind = bind_date,
});

}  // namespace quern::score

#include "quern/score/exporters/check_rows.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "quern/base/json.h"
#include "quern/score/functions/number.h"
#include "quern/score/storage.h"

namespace quern::score {
namespace {

// A generator whose numbers are the same everywhere.
class Random {
public:
    uint64_t next() {
        state_ += 0x9E3779B97F4A7C15u;
        uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    size_t below(size_t count) { return static_cast<size_t>(next() % count); }
    bool chance(size_t of_hundred) { return below(100) < of_hundred; }

private:
    uint64_t state_ = 7;
};

template <class T>
T odd_float(Random& random, T like) {
    using Limits = std::numeric_limits<T>;
    const T odd[] = {Limits::quiet_NaN(),
                     Limits::infinity(),
                     -Limits::infinity(),
                     T(-0.0),
                     T(0),
                     Limits::denorm_min(),
                     -Limits::denorm_min(),
                     Limits::max(),
                     Limits::lowest(),
                     T(1e-35),
                     T(9007199254740993.0),
                     T(-1),
                     T(1),
                     T(0.5)};
    switch (random.below(4)) {
        case 0:
            return odd[random.below(std::size(odd))];
        case 1:
            return std::nextafter(like, Limits::infinity());
        case 2:
            return static_cast<T>(like * T(0.001 * static_cast<double>(random.below(4000))));
        default:
            return static_cast<T>(static_cast<int64_t>(random.next()) >> random.below(63));
    }
}

template <class T>
T odd_integer(Random& random, const frame::Type& type, T like) {
    using frame::TypeId;
    const auto bits = static_cast<int128>(static_cast<int64_t>(random.next()) >> random.below(63));
    if (type.id == TypeId::decimal) {
        const int128 limit = power_of_ten(type.width);
        return static_cast<T>(random.chance(10) ? limit - 1 : bits % limit);
    }
    if (type.id == TypeId::date) {  // years 1 to 9999, and the infinities
        if (random.chance(5)) return static_cast<T>(random.chance(50) ? INT32_MAX : -INT32_MAX);
        return static_cast<T>(static_cast<int64_t>(random.below(3'652'059)) - 719'162);
    }
    if (type.id == TypeId::time) return static_cast<T>(random.below(86'400'000'000));
    if (type.id == TypeId::timestamp || type.id == TypeId::timestamptz) {
        if (random.chance(5)) return static_cast<T>(random.chance(50) ? INT64_MAX : -INT64_MAX);
        return static_cast<T>((static_cast<int64_t>(random.below(3'652'059)) - 719'162) *
                                  86'400'000'000 +
                              static_cast<int64_t>(random.below(86'400'000'000)));
    }
    switch (random.below(6)) {
        case 0:
            return number_min<T>();
        case 1:
            return number_max<T>();
        case 2:
            return static_cast<T>(like + 1);
        case 3:
            return T{0};
        default:
            return static_cast<T>(bits);
    }
}

std::string odd_text(Random& random, const Input& input, std::string_view like) {
    const std::string_view odd[] = {"",
                                    " ",
                                    "zzz",
                                    "n\xC3\xA9\xE2\x82\xAC",
                                    "a'b\"c\\",
                                    "%_",
                                    "\xF0\x9F\x98\x80",
                                    "NULL",
                                    "NaN",
                                    "?"
                                    "?/",
                                    "</script>"};
    if (random.chance(50)) return std::string(odd[random.below(std::size(odd))]);
    if (!input.categories.empty() && random.chance(70))
        return input.categories[random.below(input.categories.size())];
    return std::string(like) + (random.chance(50) ? " " : "x");
}

void append_golden(const Constant& value, frame::Column& column) {
    if (value.is_null) return column.append_null();
    with_storage(storage_of(value.type), [&]<class T>(Tag<T>) {
        if constexpr (kIsText<T>) {
            column.append_text(value.text);
        } else if constexpr (!std::is_same_v<T, Interval>) {
            T bits;
            std::memcpy(&bits, value.bits.data(), sizeof(bits));
            column.append(bits);
        }
    });
}

void append_odd(Random& random, const Input& input, const Constant& like, frame::Column& column) {
    if (random.chance(12)) return column.append_null();
    if (random.chance(45) && !like.is_null) return append_golden(like, column);
    with_storage(storage_of(input.type), [&]<class T>(Tag<T>) {
        if constexpr (kIsText<T>) {
            column.append_text(odd_text(random, input, like.text));
        } else if constexpr (std::is_same_v<T, bool>) {
            column.append(random.chance(50));
        } else if constexpr (!std::is_same_v<T, Interval>) {
            T seen{};
            if (!like.is_null) std::memcpy(&seen, like.bits.data(), sizeof(seen));
            if constexpr (kIsFloat<T>)
                column.append(odd_float(random, seen));
            else
                column.append(odd_integer(random, input.type, seen));
        }
    });
}

void write_input(const frame::Column& column, size_t row, JsonWriter& json) {
    const frame::ColumnView view = column.view();
    if (!view.is_valid(row)) {
        json.null();
        return;
    }
    with_storage(storage_of(column.type()), [&]<class T>(Tag<T>) {
        const bool is_plain = frame::is_numeric(column.type()) &&
                              column.type().id != frame::TypeId::decimal && sizeof(T) <= 8;
        if constexpr (std::is_same_v<T, bool>) {
            json.value(view.values<bool>()[row]);
        } else if constexpr (kIsFloat<T>) {
            const double value = static_cast<double>(view.values<T>()[row]);
            std::isfinite(value) ? json.value(value)
            : std::isnan(value)  ? json.value("NaN")
                                 : json.value(value > 0 ? "Infinity" : "-Infinity");
        } else if constexpr (std::is_integral_v<T>) {
            is_plain ? json.raw(std::to_string(view.values<T>()[row]))
                     : json.value(frame::value_text(view, row));
        } else {
            json.value(frame::value_text(view, row));
        }
    });
}

void write_doubles(std::string_view name, const double* values, size_t count, JsonWriter& json) {
    json.key(name).begin_array();
    for (size_t i = 0; i < count; ++i) {
        std::isfinite(values[i]) ? json.value(values[i])
        : std::isnan(values[i])  ? json.value("NaN")
                                 : json.value(values[i] > 0 ? "Infinity" : "-Infinity");
    }
    json.end_array();
}

}  // namespace

frame::BatchView CheckRows::view(std::vector<frame::ColumnView>& views) const {
    views.clear();
    for (const frame::Column& column : inputs) views.push_back(column.view());
    return {views, wanted.row_count};
}

Result<CheckRows> check_rows(const Scorer& scorer, size_t hostile_count) {
    const Program& program = scorer.program();
    CheckRows rows;
    rows.golden_count = program.golden.size();
    const size_t count = rows.golden_count + hostile_count;
    for (const Input& input : program.inputs) rows.inputs.emplace_back(input.type);
    for (const GoldenRow& golden : program.golden)
        for (size_t i = 0; i < golden.inputs.size(); ++i)
            append_golden(golden.inputs[i], rows.inputs[i]);
    Random random;
    for (size_t row = 0; row < hostile_count; ++row) {
        for (size_t i = 0; i < program.inputs.size(); ++i) {
            Constant like;
            if (!program.golden.empty())
                like = program.golden[random.below(program.golden.size())].inputs[i];
            append_odd(random, program.inputs[i], like, rows.inputs[i]);
        }
    }
    rows.wanted.row_count = count;
    std::vector<frame::ColumnView> views;
    Scratch scratch(scorer, count);
    TRY(scorer.score(rows.view(views), scratch, rows.wanted));
    return rows;
}

std::string check_rows_json(const Scorer& scorer, const CheckRows& rows) {
    const Program& program = scorer.program();
    const Predictions& wanted = rows.wanted;
    std::string lines;
    for (size_t row = 0; row < rows.row_count(); ++row) {
        JsonWriter json;
        json.begin_object().field("golden", row < rows.golden_count).key("inputs").begin_object();
        for (size_t i = 0; i < program.inputs.size(); ++i) {
            json.key(program.inputs[i].name);
            write_input(rows.inputs[i], row, json);
        }
        json.end_object().field("failed", wanted.is_failed[row] != 0);
        const size_t raw_count = scorer.raw_count();
        write_doubles("raw", wanted.raw.data() + row * raw_count, raw_count, json);
        write_doubles("outputs", wanted.outputs.data() + row * wanted.output_count,
                      wanted.output_count, json);
        write_doubles("region", wanted.region.data() + row * wanted.region_count,
                      wanted.region_count, json);
        if (program.task == Task::classify) json.field("label", wanted.labels[row]);
        lines += json.end_object().text() + "\n";
    }
    return lines;
}

}  // namespace quern::score

// The numbers after the row expressions as C.
#include <algorithm>
#include <numeric>

#include "quern/score/exporters/c_dates.h"
#include "quern/score/exporters/c_source.h"

namespace quern::score::c {
namespace {

using Op = Number::Op;

class Writer {
public:
    Writer(Source& source, const Numbers& numbers) : source_(source), numbers_(numbers) {}

    std::string name(uint32_t index) const {
        const Number& number = numbers_.list[index];
        if (number.op == Op::raw) return "raw[" + std::to_string(number.index) + "]";
        if (number.op != Op::constant) return "n" + std::to_string(index);
        const std::string shown = c::number(number.constant);
        return shown[0] == '-' ? "(" + shown + ")" : shown;
    }

    Status write(uint32_t index) {
        const Number& number = numbers_.list[index];
        if (number.op == Op::constant || number.op == Op::raw) return {};
        const std::string code = TRY(expression(number));
        source_.line("const double n" + std::to_string(index) + " = " + code + ";");
        return {};
    }

private:
    Result<std::string> expression(const Number& number) {
        const auto argument = [&](size_t i) { return name(number.arguments[i]); };
        const auto infix = [&](const char* sign) {
            return argument(0) + " " + sign + " " + argument(1);
        };
        const auto call = [&](const char* function) {
            return std::string(function) + "(" + argument(0) + ")";
        };
        switch (number.op) {
            case Op::value:
                return value(number.index);
            case Op::position:
                return position(number);
            case Op::date_part:
                return date_part(number);
            case Op::add:
                return infix("+");
            case Op::subtract:
                return infix("-");
            case Op::multiply:
                return infix("*");
            case Op::divide:
                return infix("/");
            case Op::less:
                return infix("<");
            case Op::less_or_equal:
                return infix("<=");
            case Op::is_nan:
                return call("isnan") + " != 0";
            case Op::choose:
                return argument(0) + " != 0 ? " + argument(1) + " : " + argument(2);
            case Op::log:
                return call("log");
            case Op::log1p:
                return call("log1p");
            case Op::exp:
                return call("exp");
            case Op::expm1:
                return call("expm1");
            case Op::sin:
                return call("sin");
            case Op::cos:
                return call("cos");
            case Op::to_float:
                return call("(double)(float)");
            case Op::float_exp:
                return "(double)expf((float)" + argument(0) + ")";
            case Op::count_below:
            case Op::count_to:
                return counted(number, argument(0));
            case Op::look_up:
                return looked_up(number, argument(0));
            case Op::constant:
            case Op::raw:
                break;
        }
        return internal("an operation without C");
    }

    std::string value(uint32_t index) const {
        const std::string at = std::to_string(index);
        const frame::Type& type = source_.program().expressions[index].type;
        std::string divisor;
        if (type.id == frame::TypeId::decimal) divisor = " / 1e" + std::to_string(type.scale);
        return "s" + at + " == 0 ? (double)v" + at + divisor + " : NAN";
    }

    // Sorted, so that a search by halves finds it; the places say where each stood.
    std::string position(const Number& number) {
        const CategoryList& list = numbers_.categories[number.table];
        const std::string at = std::to_string(number.index);
        const std::string table = "q_categories_" + std::to_string(number.table);
        std::vector<size_t> order(list.size());
        std::iota(order.begin(), order.end(), size_t{0});
        std::ranges::sort(order, [&](size_t a, size_t b) {
            return list.is_text ? list.texts[a] < list.texts[b]
                                : list.integers[a] < list.integers[b];
        });
        std::vector<std::string> keys, places;
        for (const size_t i : order) {
            keys.push_back(list.is_text ? "{" + text(list.texts[i]) + ", " +
                                              std::to_string(list.texts[i].size()) + "}"
                                        : c::number(list.integers[i]));
            places.push_back(std::to_string(i));
        }
        if (list.is_text) source_.use_texts();
        source_.table(list.is_text ? "q_text" : "int64_t", table, keys);
        const bool is_sorted = std::ranges::is_sorted(order);
        if (!is_sorted) source_.table("uint32_t", table + "_places", places);
        find(list.is_text);
        const std::string count = std::to_string(list.size());
        const std::string found = "q_find_" + std::string(list.is_text ? "category" : "integer") +
                                  "(" + table + ", " + count + ", " + key(number, list.is_text) +
                                  ")";
        if (is_sorted) return "s" + at + " != 0 ? " + count + " + 1 : (double)" + found;
        const std::string p = "p_" + std::to_string(number.table);
        source_.line("const size_t " + p + " = s" + at + " != 0 ? " + count + " : " + found + ";");
        return "s" + at + " != 0 ? " + count + " + 1 : " + p + " < " + count + " ? " + table +
               "_places[" + p + "] : " + count;
    }

    // What the categories are compared with: an integer beyond int64 is none of them.
    std::string key(const Number& number, bool is_text) const {
        const std::string at = "v" + std::to_string(number.index);
        const Storage storage = storage_of(source_.program().expressions[number.index].type);
        if (is_text) return at;
        if (storage == Storage::u64) return at + " > INT64_MAX, (int64_t)" + at;
        return "false, " + at;
    }

    void find(bool is_text) {
        source_.helper(is_text ? R"(
static size_t q_find_category(const q_text *sorted, size_t count, q_text key) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (q_compare_text(sorted[middle], key) < 0) low = middle + 1;
        else high = middle;
    }
    return low < count && q_compare_text(sorted[low], key) == 0 ? low : count;
}
)"
                               : R"(
static size_t q_find_integer(const int64_t *sorted, size_t count, bool is_beyond, int64_t key) {
    size_t low = 0, high = is_beyond ? 0 : count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < key) low = middle + 1;
        else high = middle;
    }
    return low < count && !is_beyond && sorted[low] == key ? low : count;
}
)");
    }

    Result<std::string> date_part(const Number& number) {
        const std::string at = std::to_string(number.index);
        const frame::Type& type = source_.program().expressions[number.index].type;
        const std::string take = use_calendar(source_, type);
        const std::string code =
            number.part == "days"     ? "(double)m.days + (double)m.time / 86400000000.0"
            : number.part == "second" ? "(double)(m.time % 60000000) / 1000000.0"
                                      : "(double)(" + part_code(source_, number.part) + ")";
        const std::string value = "part_" + std::to_string(++part_count_);
        source_.line("double " + value + " = NAN;");
        source_.line("if (s" + at + " == 0) { q_moment m; if (" + take + "(v" + at + ", &m)) " +
                     value + " = " + code + "; }");
        return value;
    }

    std::string counted(const Number& number, const std::string& argument) {
        const auto& cuts = numbers_.tables[number.table];
        const bool is_below = number.op == Op::count_below;
        std::vector<std::string> values;
        for (const double cut : cuts) values.push_back(c::number(cut));
        const std::string table = "q_cuts_" + std::to_string(number.table);
        source_.table("double", table, values);
        source_.helper(is_below ? R"(
static size_t q_count_below(const double *cuts, size_t count, double value) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cuts[middle] < value) low = middle + 1;
        else high = middle;
    }
    return low;
}
)"
                                : R"(
static size_t q_count_to(const double *cuts, size_t count, double value) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (value < cuts[middle]) high = middle;
        else low = middle + 1;
    }
    return low;
}
)");
        return "(double)" + std::string(is_below ? "q_count_below(" : "q_count_to(") + table +
               ", " + std::to_string(cuts.size()) + ", " + argument + ")";
    }

    std::string looked_up(const Number& number, const std::string& argument) {
        const auto& values = numbers_.tables[number.table];
        if (const size_t at = only_one(values); at < values.size())
            return argument + " == " + std::to_string(at);
        std::vector<std::string> shown;
        for (const double value : values) shown.push_back(c::number(value));
        const std::string table = "q_table_" + std::to_string(number.table);
        source_.table("double", table, shown);
        return table + "[(size_t)" + argument + "]";
    }

    Source& source_;
    const Numbers& numbers_;
    int part_count_ = 0;
};

}  // namespace

Status write_numbers(Source& source, const Numbers& numbers) {
    Writer writer(source, numbers);
    const std::vector<bool> is_used = numbers.used();
    uint32_t index = 0;
    const auto write_until = [&](uint32_t end) -> Status {
        for (; index < end; ++index)
            if (is_used[index]) TRY(writer.write(index));
        return {};
    };
    if (numbers.has_trees) {
        TRY(write_until(numbers.tree_raw.front()));
        std::string columns;
        for (const uint32_t column : numbers.matrix)
            columns += (columns.empty() ? "" : ", ") + writer.name(column);
        source.line("double m[" + std::to_string(std::max<size_t>(numbers.matrix.size(), 1)) +
                    "];");
        for (size_t i = 0; i < numbers.matrix.size(); ++i)
            source.line("m[" + std::to_string(i) + "] = " + writer.name(numbers.matrix[i]) + ";");
        source.line("double raw[" + std::to_string(numbers.tree_raw.size()) + "];");
        source.line("q_add_trees(m, raw);");
        write_trees(source, numbers.trees, numbers.matrix.size());
    }
    TRY(write_until(static_cast<uint32_t>(numbers.list.size())));
    const auto put = [&](const char* field, const std::vector<uint32_t>& ends) {
        for (size_t i = 0; i < ends.size(); ++i)
            source.line("out->" + std::string(field) + "[" + std::to_string(i) +
                        "] = " + writer.name(ends[i]) + ";");
    };
    put("raw", numbers.raw);
    put("outputs", numbers.outputs);
    put("region", numbers.region);
    if (numbers.label != UINT32_MAX)
        source.line("out->label = (unsigned)" + writer.name(numbers.label) + ";");
    return {};
}

}  // namespace quern::score::c

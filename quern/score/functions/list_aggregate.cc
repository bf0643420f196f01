// list_sum, list_avg and their kin: DuckDB binds them all as list_aggr with the aggregate's name.
#include "quern/score/functions/compare.h"
#include "quern/score/functions/nested_value.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

enum class Aggregate : uint8_t { sum, avg, min, max, count, first, last, any_value };

std::optional<Aggregate> aggregate_of(std::string_view name) {
    constexpr std::string_view kNames[] = {"sum",   "avg",   "min",  "max",
                                           "count", "first", "last", "any_value"};
    for (size_t i = 0; i < std::size(kNames); ++i)
        if (kNames[i] == name) return static_cast<Aggregate>(i);
    if (name == "mean") return Aggregate::avg;
    return std::nullopt;
}

// Calls each(row, value) for the elements of the list; false when one is no value of the type.
template <class T, class Each>
bool each_value(const Call& call, std::string_view text, Each each) {
    const frame::Type type = element_type(call.types[0]);
    return each_element(text, [&](const JsonValue& element) {
        T value{};
        const Row row = nested_value(call, type, element, value);
        if (row != Row::failed) each(row, value);
        return row != Row::failed;
    });
}

template <class T>
struct Total {
    using Sum = std::conditional_t<kIsFloat<T>, double, int128>;
    Sum sum = 0;
    int64_t count = 0;
    bool is_over = false;
    void add(T value) {
        ++count;
        if constexpr (kIsFloat<T>)
            sum += static_cast<double>(value);
        else
            is_over |= __builtin_add_overflow(sum, static_cast<int128>(value), &sum);
    }
};

template <class T>
bool total_of(const Call& call, std::string_view text, Total<T>& total) {
    bool is_read = each_value<T>(call, text, [&total](Row row, const T& value) {
        if (row == Row::value) total.add(value);
    });
    return is_read && !total.is_over;
}

template <class T>
void sum_rows(const Call& call) {
    using Sum = typename Total<T>::Sum;
    map_rows<Sum, std::string_view, std::string_view>(
        call, [&call](std::string_view text, std::string_view, Sum& out) {
            Total<T> total;
            if (!total_of(call, text, total)) return Row::failed;
            out = total.sum;
            return total.count > 0 ? Row::value : Row::null;
        });
}

template <class T>
void avg_rows(const Call& call) {
    map_rows<double, std::string_view, std::string_view>(
        call, [&call](std::string_view text, std::string_view, double& out) {
            Total<T> total;
            if (!total_of(call, text, total)) return Row::failed;
            if constexpr (kIsFloat<T>)
                out = total.sum / static_cast<double>(total.count);
            else
                out = static_cast<double>(static_cast<long double>(total.sum) /
                                          static_cast<long double>(total.count));
            return total.count > 0 ? Row::value : Row::null;
        });
}

template <class T>
void count_rows(const Call& call) {
    map_rows<int64_t, std::string_view, std::string_view>(
        call, [&call](std::string_view text, std::string_view, int64_t& out) {
            out = 0;
            bool is_read =
                each_value<T>(call, text, [&out](Row row, const T&) { out += row == Row::value; });
            return is_read ? Row::value : Row::failed;
        });
}

template <class T, Aggregate which>
void one_of_rows(const Call& call) {
    map_rows<T, std::string_view, std::string_view>(
        call, [&call](std::string_view text, std::string_view, T& out) {
            bool has_any = false;
            Row found = Row::null;
            bool is_read = each_value<T>(call, text, [&](Row row, const T& value) {
                bool takes = !has_any;
                if constexpr (which == Aggregate::last) takes = true;
                if constexpr (which != Aggregate::first && which != Aggregate::last) {
                    if (row == Row::null) return;
                    if (which == Aggregate::min) takes = takes || is_less(value, out);
                    if (which == Aggregate::max) takes = takes || is_less(out, value);
                }
                has_any = true;
                if (!takes) return;
                found = row;
                out = value;
            });
            return is_read ? found : Row::failed;
        });
}

template <class T>
Kernel kernel_of(Aggregate aggregate, const frame::Type& element, const frame::Type& result) {
    constexpr bool kIsNumber = kIsInteger<T> || kIsFloat<T>;
    bool is_number = frame::is_numeric(element);
    bool is_same = element == result;
    switch (aggregate) {
        case Aggregate::sum:
            if constexpr (kIsNumber)
                if (is_number && storage_of(result) == (kIsFloat<T> ? Storage::f64 : Storage::i128))
                    return sum_rows<T>;
            return nullptr;
        case Aggregate::avg:  // of decimals DuckDB takes their scale into account
            if constexpr (kIsNumber)
                if (is_number && element.id != TypeId::decimal && result.id == TypeId::float64)
                    return avg_rows<T>;
            return nullptr;
        case Aggregate::count:
            return result.id == TypeId::bigint ? count_rows<T> : nullptr;
        case Aggregate::min:
            return is_same ? one_of_rows<T, Aggregate::min> : nullptr;
        case Aggregate::max:
            return is_same ? one_of_rows<T, Aggregate::max> : nullptr;
        case Aggregate::first:
            return is_same ? one_of_rows<T, Aggregate::first> : nullptr;
        case Aggregate::last:
            return is_same ? one_of_rows<T, Aggregate::last> : nullptr;
        case Aggregate::any_value:
            return is_same ? one_of_rows<T, Aggregate::any_value> : nullptr;
    }
    return nullptr;
}

Result<BoundFunction> bind_aggregate(const Signature& signature) {
    const auto& types = signature.arguments;
    const std::string* name = types.size() == 2 ? constant_text(signature, 1) : nullptr;
    if (name == nullptr || !is_nested(types[0]) || !types[0].sql_name.ends_with(']'))
        return no_overload(signature);
    auto aggregate = aggregate_of(*name);
    if (!aggregate) return unimplemented("no compiled form for the aggregate '" + *name + "'");
    frame::Type element = element_type(types[0]);
    if (!has_nested_value(element) || is_nested(element)) return no_overload(signature);
    Kernel kernel = with_storage(storage_of(element), [&]<class T>(Tag<T>) {
        return kernel_of<T>(*aggregate, element, signature.result);
    });
    if (kernel == nullptr) return no_overload(signature);
    return BoundFunction{kernel, nullptr};
}

}  // namespace

QUERN_REGISTER(RowFunction)({
    .name = "list_aggr",
    .summary = "list_sum, list_avg, list_min, list_max, list_count, list_first, list_last and "
               "list_any_value of a list.",
    .example = "list_sum([1, null, 3]) = 4 and list_max(['a', 'b']) = 'b'",
    .bind = bind_aggregate,
});

}  // namespace quern::score

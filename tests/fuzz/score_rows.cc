#include "tests/fuzz/score_rows.h"

#include <limits>
#include <map>

#include "quern/score/functions/number.h"
#include "quern/score/scorer.h"
#include "quern/score/storage.h"

namespace quern::fuzz {
namespace {

using frame::TypeId;
using score::int128;

constexpr size_t kRows = 4;

constexpr std::string_view kTexts[] = {"a\u00e9\U0001f600 7", "",
                                       R"({"a": [1, -2.5e3, null, "x"], "b": {"c": true}})"};
constexpr std::string_view kBlobs[] = {"\xff\x01", "", "abcdefgh\xc3"};

template <class T>
void append_three(frame::Column& column, T a, T b, T c) {
    for (const T value : {a, b, c}) column.append(value);
}

template <class T>
void append_numbers(frame::Column& column) {
    using Limits = std::numeric_limits<T>;
    append_three<T>(column, 7, Limits::has_quiet_NaN ? Limits::quiet_NaN() : Limits::lowest(),
                    Limits::has_infinity ? -Limits::infinity() : Limits::max());
}

// The least and the greatest moments are DuckDB's infinities.
template <class T>
void append_moments(frame::Column& column, T some) {
    constexpr T kInfinity = std::numeric_limits<T>::max();
    append_three<T>(column, some, -kInfinity, kInfinity);
}

void append_values(frame::Column& column) {
    const frame::Type& type = column.type();
    const bool is_blob = type.id == TypeId::blob;
    if (frame::is_text(type)) {
        for (const std::string_view text : is_blob ? kBlobs : kTexts) column.append_text(text);
        return;
    }
    if (type.id == TypeId::boolean) return append_three<uint8_t>(column, 1, 0, 1);
    if (type.id == TypeId::date) return append_moments<int32_t>(column, 19'782);
    if (type.id == TypeId::time) return append_three<int64_t>(column, 1, 0, 86'399'999'999);
    if (frame::is_temporal(type)) return append_moments<int64_t>(column, 1'709'164'800'000'001);
    score::with_storage(score::storage_of(type), [&]<class T>(score::Tag<T>) {
        if (type.id == TypeId::decimal) {
            if constexpr (score::kIsInteger<T>) {
                const auto most = static_cast<T>(score::power_of_ten(type.width) - 1);
                append_three<T>(column, T{7}, static_cast<T>(-most), most);
            }
        } else if constexpr (std::is_same_v<T, int128>) {
            const auto most = static_cast<int128>(~score::uint128{} >> 1);
            append_three<T>(column, 7, -most - 1, most);
        } else if constexpr (score::kIsInteger<T> || score::kIsFloat<T>) {
            append_numbers<T>(column);
        }
    });
}

const frame::Column& rows_of(const frame::Type& type) {
    static std::map<std::string, frame::Column> known;
    auto [at, is_new] = known.try_emplace(type.text(), type);
    if (is_new) {
        at->second.append_null();
        append_values(at->second);
    }
    return at->second;
}

}  // namespace

void score_rows(score::Program program) {
    auto scorer = score::Scorer::build(std::move(program));
    if (!scorer.ok()) return;
    std::vector<frame::ColumnView> columns;
    for (const score::Input& input : (*scorer).program().inputs)
        columns.push_back(rows_of(input.type).view());
    score::Scratch scratch(*scorer, kRows);
    score::Predictions out;
    (*scorer).score({columns, kRows}, scratch, out).ignore("any answer will do");
    for (size_t row = 0; row < out.row_count; ++row) {
        if (out.is_failed[row] != 0) {
            (*scorer).row_error(row, scratch).ignore("only that it can be told");
        }
    }
    score::Explanations why;
    (*scorer).explain(scratch, why).ignore("any answer will do");
}

}  // namespace quern::fuzz

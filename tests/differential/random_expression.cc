#include "tests/differential/random_expression.h"

#include <map>
#include <string_view>
#include <vector>

namespace quern::score {
namespace {

using List = std::vector<std::string_view>;

// In a form, $i is an integer, $x a number of any kind, $m a decimal, $s a text, $d a date, $t a
// timestamp, $b a boolean.
const List kIntegerForms = {"$i + $i",
                            "$i - $i",
                            "$i * $i",
                            "$i // $i",
                            "$i % $i",
                            "-$i",
                            "abs($i)",
                            "length($s)",
                            "position($s in $s)",
                            "year($d)",
                            "month($t)",
                            "dayofweek($d)",
                            "isodow($t)",
                            "date_diff('day', $d, $d)",
                            "date_diff('month', $t, $t)",
                            "date_sub('year', $d, $d)",
                            "hour($t)",
                            "case when $b then $i else $i end",
                            "coalesce($i, $i)",
                            "nullif($i, $i)",
                            "greatest($i, $i)",
                            "least($i, $i)",
                            "cast($x as integer)",
                            "try_cast($s as bigint)",
                            "cast($m as bigint)",
                            "try(cast($s as integer))",
                            "$d - $d",
                            "sign($x)",
                            "cast($b as integer)"};
const List kNumberForms = {"$x + $x",
                           "$x - $x",
                           "$x * $x",
                           "$x / $x",
                           "$i / $i",
                           "$x % $x",
                           "-$x",
                           "abs($x)",
                           "round($x)",
                           "round($x, 2)",
                           "floor($x)",
                           "ceil($x)",
                           "trunc($x)",
                           "sqrt($x)",
                           "ln($x)",
                           "exp($x)",
                           "pow($x, $x)",
                           "cast($i as double)",
                           "cast($m as double)",
                           "try_cast($s as double)",
                           "cast($x as float)",
                           "case when $b then $x when $b then $x else $x end",
                           "coalesce($x, $x)",
                           "nullif($x, $x)",
                           "greatest($x, $x)",
                           "least($x, $x)",
                           "epoch($t)",
                           "$m / $m",
                           "log10($x)"};
const List kDecimalForms = {"$m + $m",
                            "$m - $m",
                            "$m * $m",
                            "-$m",
                            "abs($m)",
                            "round($m)",
                            "round($m, 1)",
                            "floor($m)",
                            "ceil($m)",
                            "cast($i as decimal(12,3))",
                            "cast($x as decimal(9,2))",
                            "try_cast($s as decimal(18,4))",
                            "case when $b then $m else $m end",
                            "coalesce($m, $m)",
                            "greatest($m, $m)",
                            "cast($m as decimal(6,1))",
                            "$m % $m"};
const List kTextForms = {"$s || $s",
                         "concat($s, $s)",
                         "lower($s)",
                         "upper($s)",
                         "trim($s)",
                         "ltrim($s)",
                         "rtrim($s, $s)",
                         "substr($s, $i, $i)",
                         "substr($s, 2)",
                         "left($s, $i)",
                         "right($s, $i)",
                         "replace($s, $s, $s)",
                         "reverse($s)",
                         "cast($i as varchar)",
                         "cast($x as varchar)",
                         "cast($m as varchar)",
                         "cast($d as varchar)",
                         "cast($t as varchar)",
                         "cast($b as varchar)",
                         "case when $b then $s else $s end",
                         "coalesce($s, $s)",
                         "nullif($s, $s)",
                         "split_part($s, ',', 2)",
                         "lpad($s, 4, 'ab')",
                         "rpad($s, 3, $s)",
                         "dayname($d)",
                         "regexp_replace($s, '[0-9]+', '#', 'g')",
                         "regexp_extract($s, '[a-z]+')"};
const List kDateForms = {"$d + cast(i % 1000 as integer)",
                         "$d - 7",
                         "cast($t as date)",
                         "try_cast($s as date)",
                         "case when $b then $d else $d end",
                         "coalesce($d, $d)",
                         "greatest($d, $d)",
                         "last_day($d)",
                         "make_date(2000 + ut, 1 + ut % 12, 1)"};
const List kTimestampForms = {
    "$d + interval 1 day",       "$t + interval 5 month",  "$t - interval 90 second",
    "date_trunc('month', $t)",   "date_trunc('hour', $t)", "cast($d as timestamp)",
    "try_cast($s as timestamp)", "coalesce($t, $t)",       "case when $b then $t else $t end"};
const List kBooleanForms = {"$i = $i",
                            "$i < $i",
                            "$x >= $x",
                            "$x <> $x",
                            "$m > $m",
                            "$s = $s",
                            "$s < $s",
                            "$d <= $d",
                            "$t > $t",
                            "$b and $b",
                            "$b or $b",
                            "not $b",
                            "$i is null",
                            "$s is not null",
                            "$x is distinct from $x",
                            "$i in (1, 2, $i)",
                            "$s not in ('a', $s)",
                            "$x between $x and $x",
                            "$s like 'a%'",
                            "$s like $s",
                            "$s ilike '%B%'",
                            "contains($s, $s)",
                            "starts_with($s, $s)",
                            "regexp_matches($s, '^[0-9]')",
                            "isnan($x)",
                            "isfinite($x)",
                            "try_cast($s as boolean)",
                            "cast($i as boolean)",
                            "case when $b then $b else $b end",
                            "coalesce($b, $b)"};

}  // namespace

std::string RandomExpression::next() {
    constexpr Kind kKinds[] = {Kind::integer, Kind::number,    Kind::decimal, Kind::text,
                               Kind::date,    Kind::timestamp, Kind::boolean};
    return of(kKinds[pick(7)], 1 + static_cast<int>(pick(3)));
}

std::string RandomExpression::leaf(Kind kind) {
    static const std::map<Kind, List> leaves = {
        {Kind::integer,
         {"ti", "si", "i", "j", "b", "ut", "ui", "0", "1", "7", "(-3)", "NULL::int"}},
        {Kind::number, {"f", "x", "y", "0.5::double", "1e10", "'nan'::double", "NULL::double"}},
        {Kind::decimal, {"m", "n", "m", "1.5", "0.05", "(-2.25)"}},
        {Kind::text, {"s", "p", "s", "'a'", "'é'", "''", "'12'", "NULL::varchar"}},
        {Kind::date, {"d", "e", "date '2024-02-29'"}},
        {Kind::timestamp, {"ts", "tu", "timestamp '2023-12-31 23:59:59'"}},
        {Kind::boolean, {"ok", "no", "true", "NULL::boolean"}}};
    const List& list = leaves.at(kind);
    return std::string(list[pick(list.size())]);
}

std::string RandomExpression::of(Kind kind, int depth) {
    if (depth == 0) return leaf(kind);
    static const std::map<Kind, const List*> forms = {
        {Kind::integer, &kIntegerForms}, {Kind::number, &kNumberForms},
        {Kind::decimal, &kDecimalForms}, {Kind::text, &kTextForms},
        {Kind::date, &kDateForms},       {Kind::timestamp, &kTimestampForms},
        {Kind::boolean, &kBooleanForms}};
    const List& list = *forms.at(kind);
    return "(" + from_template(list[pick(list.size())], depth - 1) + ")";
}

std::string RandomExpression::from_template(std::string_view form, int depth) {
    static const std::map<char, Kind> kinds = {
        {'i', Kind::integer}, {'x', Kind::number},    {'m', Kind::decimal}, {'s', Kind::text},
        {'d', Kind::date},    {'t', Kind::timestamp}, {'b', Kind::boolean}};
    std::string out;
    for (size_t at = 0; at < form.size(); ++at) {
        if (form[at] != '$') {
            out += form[at];
            continue;
        }
        bool is_leaf = pick(3) == 0;
        out += of(kinds.at(form[++at]), is_leaf ? 0 : depth);
    }
    return out;
}

}  // namespace quern::score

#include "tests/differential/row_program.h"

#include "quern/score/compile.h"

namespace quern::score {
namespace {

constexpr const char* kExpressions[] = {
    "a + b * 2",
    "x * y + 1.5::double",
    "case when a > 50 then x else y end",
    "coalesce(x, 0)",
    "ln(x + 1)",
    "round(x, 2)",
    "m * 2 + 1",
    "a between 18 and 65",
    "s = 'city_7' or s like 'city_1%'",
    "lower(s)",
    "length(s)",
    "year(d)",
    "date_diff('day', d, date '2024-01-01')",
    "a % 7",
    "cast(y as integer)",
};

}  // namespace

void make_plain_rows(Oracle& oracle, size_t row_count) {
    oracle.run(
        "create table plain as select (i * 7919 % 97)::integer as a, (i * 104729 % 1009)::integer "
        "as b, case when i % 13 = 0 then null else i % 1000 * 0.37 end::double as x, "
        "(i * 31 % 5000 - 100) / 7::double as y, (i % 100000 / 100)::decimal(10, 2) as m, "
        "'City_' || i % 300 as s, date '2015-01-01' + (i % 4000)::integer as d from range(" +
        std::to_string(row_count) + ") rows(i)");
}

std::string plain_select(std::string_view list) {
    std::string sql = "select " + std::string(list);
    if (list.empty())
        for (const char* expression : kExpressions)
            sql += std::string(expression == kExpressions[0] ? "" : ", ") + expression;
    return sql + " from plain";
}

Program row_program(Oracle& oracle) {
    Program program = program_of(compile_features(oracle.plan_of(plain_select("")), {}).value());
    for (uint32_t i = 0; i < program.features.size(); ++i) {
        FittedEncoder& encoder = program.encoders.emplace_back();
        encoder.feature = i;
        const frame::Type& type = program.expressions[program.features[i].expression].type;
        encoder.kind = frame::is_text(type) ? "one_hot" : i == 1 ? "scaled" : "numeric";
        if (encoder.kind == "scaled") encoder.learned["fill"] = std::vector<double>{7.5};
        if (encoder.kind == "one_hot")
            encoder.learned["categories"] =
                std::vector<std::string>{"city_1", "city_2", "city_7", "city_9"};
    }
    FittedEncoder city = program.encoders[9];
    city.kind = "category";
    program.encoders.push_back(std::move(city));
    return program;
}

}  // namespace quern::score

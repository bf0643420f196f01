#include "quern/transform/materialization.h"

namespace quern::transform {
namespace {

std::string create_table(const std::string& quoted_name) {
    return "create or replace table " + quoted_name + " as ";
}

}  // namespace

QUERN_REGISTER(Materialization)
({
    .name = "table",
    .summary = "Its rows are computed once a change and kept.",
    .example = "materialize: table",
    .create_sql = create_table,
});

}  // namespace quern::transform

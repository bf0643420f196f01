#include "quern/transform/materialization.h"

namespace quern::transform {
namespace {

std::string create_view(const std::string& quoted_name) {
    return "create or replace view " + quoted_name + " as ";
}

}  // namespace

QUERN_REGISTER(Materialization)
({
    .name = "view",
    .summary = "Nothing is kept: its rows are computed by those who read it, from the very tables "
               "it was checked with.",
    .example = "materialize: view",
    .create_sql = create_view,
});

}  // namespace quern::transform

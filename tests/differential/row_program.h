// Fifteen expressions as a model may hold them, an imputed number and two encoded texts, over a
// table of plain rows: for speed and allocations.
#pragma once

#include "tests/differential/oracle.h"

namespace quern::score {

// Makes the table `plain` with so many rows.
void make_plain_rows(Oracle& oracle, size_t row_count);
std::string plain_select(std::string_view list);  // "" for the fifteen
Program row_program(Oracle& oracle);

}  // namespace quern::score

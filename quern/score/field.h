// One value of a request into one place of a column.
#pragma once

#include <string>

#include "quern/score/function.h"
#include "quern/score/request.h"

namespace quern::score {

enum class FieldFault : uint8_t { none, wrong_type, out_of_range, not_utf8, too_long };

// Writes the value as `type` stores it. Texts are copied into `texts`. `is_all_text`: texts stand
// for values of any type.
FieldFault store_field(const frame::Type& type, const FieldValue& value, bool is_all_text,
                       TextArena& texts, std::byte* at);

// A number of frame::value_as_double back as `type` stores it; of integers the nearest.
FieldFault store_double(const frame::Type& type, double value, std::byte* at);

std::string fault_text(FieldFault fault, const frame::Type& type, const std::string& shown);
std::string float_text(double value);

}  // namespace quern::score

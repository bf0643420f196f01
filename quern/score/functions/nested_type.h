// What a list, struct or map is made of, read out of the type's name.
#pragma once

#include <string>
#include <vector>

#include "quern/score/functions/json.h"
#include "quern/score/kernel.h"

namespace quern::score {

bool is_list(const frame::Type& type);
bool is_struct(const frame::Type& type);
bool is_map(const frame::Type& type);

struct NestedType {
    frame::Type type;
    std::vector<std::string> names;    // of a struct's fields
    std::vector<NestedType> children;  // element; fields; key and value; none of a plain type
};
NestedType nested_type(const frame::Type& type);

// Adds bytes whose order is that of the values: NULLs last, shorter lists first, structs field by
// field. False where the JSON is no value of the type.
bool append_order_key(std::string& out, const Call& call, const NestedType& type,
                      const JsonValue& value);

}  // namespace quern::score

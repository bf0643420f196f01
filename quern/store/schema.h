// The tables of state.db and how an older file becomes a newer one.
#pragma once

#include "quern/store/database.h"

namespace quern::store {

constexpr int64_t kApplicationId = 0x7175726e;  // "qurn"

// Brings the file to this build's version; refuses a file of a newer quern or of another program.
Status migrate(Database& database);
int64_t schema_version();  // of this build

}  // namespace quern::store

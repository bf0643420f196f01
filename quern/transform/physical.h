// Where data lies in the warehouse. What a name shows is a view in schema main over a physical
// relation that never changes once it is published, so a reader never sees half of anything.
#pragma once

#include <string>
#include <string_view>

namespace quern::transform {

constexpr std::string_view kDataSchema = "quern_data";      // physical tables and views
constexpr std::string_view kFailedSchema = "quern_failed";  // rows that failed checks
constexpr std::string_view kBadRowsSchema = "quern_bad";    // rows that could not be loaded

// "orders__3f2a9c01d4e5": the content fingerprint makes it new for new content.
std::string physical_name(std::string_view name, std::string_view content_fingerprint);
std::string qualified(std::string_view schema, std::string_view name);  // quoted

}  // namespace quern::transform

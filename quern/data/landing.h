// Pulls what is new of a source that lies in no file of the project, and lands it: see
// store/landed.h. Killed anywhere, the next pull goes on from the last batch that landed.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "quern/frame/batch.h"
#include "quern/project/project.h"
#include "quern/store/landed.h"

namespace quern::data {

// Values of the cursor column, as SQL's text of them.
struct CursorRange {
    std::string from, to;  // from <= value < to; empty: open
};

struct LandRequest {
    store::Store& store;
    const project::Project& project;
    const project::Source& source;
    bool reloads = false;              // begin anew, whatever has landed
    std::optional<CursorRange> range;  // only these rows, without moving the watermark
    const std::atomic<bool>* cancel = nullptr;
};

struct LandReport {
    bool is_asked = true;  // false: its source was asked less than `every` ago
    int64_t rows_read = 0, rows_new = 0, rows_gone = 0, rows_bad = 0;
    std::string first_reason;          // of the first bad row
    bool has_changed_columns = false;  // told in the notes
    std::vector<std::string> notes;
};

Result<LandReport> land_source(const LandRequest& request);

// The first rows, without landing anything.
Result<frame::Batch> sample_source(const LandRequest& request, int64_t row_count);

}  // namespace quern::data

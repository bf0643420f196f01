// What a model lists under `features:`, taken apart: fitted transforms, and the SQL over one row
// that stands inside of them or alone.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "quern/frame/type.h"
#include "quern/project/project.h"
#include "quern/train/transform.h"

namespace quern::flow {

// Features one after the other in one SELECT, and where each came from.
class Select {
public:
    explicit Select(std::string from) : from_(std::move(from)), table_(from_) {}
    // Reads another table, which features still call by the first one's name.
    void read_rows_of(std::string table) { table_ = std::move(table); }

    // The position that its feature will have.
    uint32_t add(const std::string& expression, const Place& place);
    std::string text() const;
    bool is_empty() const { return pieces_.empty(); }
    std::vector<Select> apart() const;  // one SELECT for each feature

    std::string place(size_t offset) const;

private:
    struct Piece {
        size_t offset;
        std::string text;
        Place place;
    };
    std::string from_, table_;
    std::string text_ = "select ";
    std::vector<Piece> pieces_;
};

struct WrittenFeatures {
    Select select;
    std::vector<train::Written> features;
};

// Where the model lists nothing: every column that is not in `taken` (in lower case).
Result<WrittenFeatures> read_features(const project::Model& model, const frame::Schema& columns,
                                      const std::set<std::string>& taken);

// A name that DuckDB does not know may be a transform, misspelt or in the wrong place.
Status with_transform_hint(Status status, const project::Model& model);

}  // namespace quern::flow

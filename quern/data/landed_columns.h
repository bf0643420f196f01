// The columns of a source that is pulled again and again: which types a batch can hold, and what a
// batch with other columns than those before it does.
#pragma once

#include <string>
#include <vector>

#include "quern/frame/type.h"
#include "quern/project/project.h"

namespace quern::data {

std::string columns_json(const frame::Schema& columns);
frame::Schema columns_from_json(const std::string& json);

// The type in which Parquet keeps every value of this one exactly; texts where it has none.
frame::Type kept_type(const frame::Type& type);

// Every value of `from` is one of `to`, unchanged.
bool fits_always(const frame::Type& from, const frame::Type& to);

// Of a source that declares the types of all that it names; else none.
frame::Schema declared_columns(const project::Source& source);

struct Evolved {
    frame::Schema columns;           // of the source from now on
    std::vector<std::string> notes;  // what changed, in words
};

// `known`: of the batches so far, empty at the first; `found`: of the new one. Types that the
// source declares win. Refused where the source says `schema: fail`, and where a key or the cursor
// column is gone.
Result<Evolved> evolve(const project::Source& source, const frame::Schema& known,
                       const frame::Schema& found);

// The known columns with the types that they will still have beside `told`, whose types come with
// the rows; of type `other` where that is not sure.
frame::Schema settled_columns(const project::Source& source, frame::Schema known,
                              const frame::Schema& told);

}  // namespace quern::data

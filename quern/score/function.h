// Row functions: the operators of row expressions. Each has exactly the meaning that DuckDB gives
// the same name. A row is a value, NULL, or failed (where DuckDB would stop the query); a failure
// travels up like NULL does, except through the functions that do not look at that argument.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "quern/base/registry.h"
#include "quern/frame/batch.h"
#include "quern/score/program.h"

namespace quern::score {

// Where the texts that functions make are kept until the next batch. Blocks are reused.
class TextArena {
public:
    explicit TextArena(size_t size_bytes_max = 256 << 20) : size_bytes_max_(size_bytes_max) {}
    void clear();
    char* allocate(size_t size);  // null when the limit is reached
    // Gives back the end of the last allocation.
    void shrink_last(size_t unused) { used_ -= unused; }

private:
    struct Block {
        std::unique_ptr<char[]> bytes;
        size_t size = 0;
    };
    std::vector<Block> blocks_;
    size_t block_ = 0, used_ = 0, total_ = 0, size_bytes_max_;
};

// A column of a running program. Bit i of valid: not NULL and not failed; of failed: failed. Bits
// past the last row mean nothing. Values of rows that are not valid are not to be read.
struct Vector {
    void* data = nullptr;
    uint64_t* valid = nullptr;
    uint64_t* failed = nullptr;

    template <class T>
    T* values() const {
        return static_cast<T*>(data);
    }
    bool is_valid(size_t row) const { return valid[row / 64] >> (row % 64) & 1; }
    bool is_failed(size_t row) const { return failed[row / 64] >> (row % 64) & 1; }
    void set_valid(size_t row) { valid[row / 64] |= uint64_t{1} << (row % 64); }
    void set_failed(size_t row) { failed[row / 64] |= uint64_t{1} << (row % 64); }
};

struct Call {
    std::span<const Vector* const> arguments;
    std::span<const frame::Type> types;  // of the arguments
    const frame::Type& result;
    Vector& out;  // the function sets all of it
    size_t row_count;
    const void* prepared;  // what the function made of its constant arguments when bound
    TextArena& texts;
};
using Kernel = void (*)(const Call& call);

// What a call looks like before it runs.
struct Signature {
    std::span<const frame::Type> arguments;
    const frame::Type& result;
    std::span<const Constant* const> constants;  // null where the argument is not constant
};

struct BoundFunction {
    Kernel kernel = nullptr;
    std::shared_ptr<const void> prepared;
};

struct RowFunction {
    static constexpr std::string_view kind = "row function";
    std::string_view name;     // as DuckDB's binder calls it
    std::string_view summary;  // one sentence
    std::string_view example;  // an SQL expression that is true: "lower('ÄB') = 'äb'"
    // The kernel for these types; unimplemented, with the reason, where there is none.
    Result<BoundFunction> (*bind)(const Signature& signature);
};

Result<BoundFunction> bind_function(std::string_view name, const Signature& signature);

}  // namespace quern::score

// An entry of a family of functions, on one line: name, summary, example, binder.
#define QUERN_ROW_FUNCTION(sql_name, what, truth, ...) \
    QUERN_REGISTER(RowFunction)                        \
    ({.name = sql_name, .summary = what, .example = truth, .bind = __VA_ARGS__})

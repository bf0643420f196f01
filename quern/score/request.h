// Rows as requests bring them: names and loosely typed values (JSON, CSV), filled into columns of
// the program's inputs under its contract. Every fault is reported with its row and field.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quern/frame/batch.h"
#include "quern/project/contract.h"
#include "quern/score/program.h"

namespace quern::score {

struct FieldValue {
    enum class Kind : uint8_t { null, boolean, int64, uint64, float64, text, json };
    Kind kind = Kind::null;
    union {
        bool boolean;
        int64_t int64;
        uint64_t uint64;
        double float64 = 0;
    };
    std::string_view text;

    static FieldValue null() { return {}; }
    static FieldValue of(bool value);
    static FieldValue of(int64_t value);
    static FieldValue of(uint64_t value);
    static FieldValue of(double value);
    static FieldValue of(std::string_view value);  // copied by RowReader
    static FieldValue of(const char*) = delete;    // would become a bool
    // An object or array as it is written, for inputs that are nested or read as JSON.
    static FieldValue json(std::string_view text);
};

struct FieldError {
    size_t row = 0;
    std::string field;    // "" when the row as a whole is at fault
    std::string message;  // "'abc' is not a BIGINT"
};

// A field that breaks the contract and got another value: NULL where training saw NULLs, the
// nearer end of the range for a number beyond it, else the median or the most frequent text.
struct ImputedField {
    size_t row = 0;
    uint32_t input = 0;
    bool operator==(const ImputedField&) const = default;
};

// Keys of Program::metadata: "typical." and the input's name; the value as text.
constexpr std::string_view kTypicalKey = "typical.";

struct ReadOptions {
    // Fields that the program does not have. A row that brings one and lacks another may hold a
    // mistyped name, so that one is refused; in a row that has every field nothing can be lost.
    enum class Extra : uint8_t { refuse_if_incomplete, ignore };
    Extra extra_fields = Extra::refuse_if_incomplete;
    // Texts stand for values of any type, as in CSV: '12' for a number. Else a text
    // is taken only for texts, dates, times, decimals and hugeints.
    bool is_all_text = false;
    bool is_empty_null = true;  // of is_all_text
    // What becomes of a value that breaks the program's contract: its types, where NULL may stand,
    // the ranges and texts that training saw. Names are always kept to.
    project::Contract contract = {};
    size_t errors_max = 100;
    size_t row_count_max = frame::kBatchRowsMax;
    size_t text_bytes_max = 64 << 20;  // of all texts of one batch
};

// By input, whether objects and lists are taken for it.
std::vector<bool> takes_json(const Program& program);

// Fills one batch: begin_row, field..., end_row; then view() or errors(); clear() starts anew and
// keeps the memory. One per thread.
class RowReader {
public:
    explicit RowReader(const Program& program, ReadOptions options = {});
    ~RowReader();
    RowReader(RowReader&&) noexcept;

    void clear();
    bool begin_row();  // false: the batch is full
    // Fields in the program's order are found without a look-up. The name is good until end_row.
    void field(std::string_view name, const FieldValue& value);
    // The same by the input's position (-1: a field nobody asked for).
    int find(std::string_view name) const;
    void field(int input, const FieldValue& value);
    // Whether the input is a list, struct or map to the program, or read as JSON.
    bool takes_json(std::string_view name) const;
    void end_row();  // fields that did not come are NULL, or errors where the contract says so

    size_t row_count() const;
    frame::BatchView view() const;  // in the program's order; good until the next change
    const std::vector<FieldError>& errors() const;
    const std::vector<ImputedField>& imputed() const;  // by row
    // All errors as one Status (invalid_argument, others() holds the rest); ok when there are none.
    Status status() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace quern::score

#include "quern/score/golden.h"

#include <cstring>

#include "quern/score/storage.h"

namespace quern::score {
namespace {

Constant constant_at(const frame::ColumnView& column, size_t row) {
    Constant constant{column.type, !column.is_valid(row), {}, {}};
    if (constant.is_null) return constant;
    Storage storage = storage_of(column.type);
    if (storage == Storage::text) {
        constant.text = column.values<std::string_view>()[row];
    } else {
        size_t size = storage_bytes(storage);
        std::memcpy(constant.bits.data(), column.values<std::byte>() + row * size, size);
    }
    return constant;
}

// The inputs of one golden row as a batch of one.
class GoldenBatch {
public:
    explicit GoldenBatch(const GoldenRow& row) : views_(row.inputs.size()) {
        texts_.reserve(row.inputs.size());
        for (size_t i = 0; i < row.inputs.size(); ++i) {
            const Constant& constant = row.inputs[i];
            views_[i] = {constant.type, constant.bits.data(), constant.is_null ? &none_ : nullptr,
                         1};
            if (storage_of(constant.type) == Storage::text)
                views_[i].data = &texts_.emplace_back(constant.text);
        }
    }
    frame::BatchView view() const { return {views_, 1}; }

private:
    uint64_t none_ = 0;
    std::vector<std::string_view> texts_;
    std::vector<frame::ColumnView> views_;
};

bool is_same(const double* found, const std::vector<double>& wanted, size_t count) {
    if (wanted.size() != count || count == 0) return wanted.size() == count;
    return std::memcmp(found, wanted.data(), count * sizeof(double)) == 0;
}

}  // namespace

Status check_golden_rows(const Scorer& scorer) {
    const Program& program = scorer.program();
    if (program.golden.empty()) return {};
    Scratch scratch(scorer, 1);
    Predictions out;
    std::vector<double> matrix(scorer.matrix_column_count());
    for (size_t i = 0; i < program.golden.size(); ++i) {
        const GoldenRow& golden = program.golden[i];
        GoldenBatch batch(golden);
        TRY(scorer.features_matrix(batch.view(), scratch, matrix.data()));
        TRY(scorer.score(batch.view(), scratch, out));
        if (!is_same(matrix.data(), golden.matrix, matrix.size()) ||
            !is_same(out.outputs.data(), golden.outputs, out.outputs.size()) ||
            !is_same(out.region.data(), golden.region, out.region.size())) {
            return corrupt("golden row " + std::to_string(i + 1) +
                           " no longer gives the scores it gave when it was trained");
        }
    }
    return {};
}

Status add_golden_rows(Program& program, const frame::BatchView& inputs) {
    program.golden.clear();
    Scorer scorer = TRY(Scorer::build(program));
    Scratch scratch(scorer, 1);
    Predictions out;
    for (size_t row = 0; row < inputs.row_count && program.golden.size() < kGoldenRowsMax; ++row) {
        GoldenRow golden;
        for (const auto& column : inputs.columns) golden.inputs.push_back(constant_at(column, row));
        GoldenBatch batch(golden);
        TRY(scorer.score(batch.view(), scratch, out));
        if (out.failed_count > 0) continue;
        golden.outputs = out.outputs;
        golden.region = out.region;
        golden.matrix.resize(scorer.matrix_column_count());
        TRY(scorer.features_matrix(batch.view(), scratch, golden.matrix.data()));
        program.golden.push_back(std::move(golden));
    }
    return {};
}

}  // namespace quern::score

// One row out of a struct of the caller's.
#include <algorithm>
#include <cstring>
#include <span>

#include "quern/base/nearest.h"
#include "quern/embed/handle.h"

namespace quern::embed {
namespace {

using score::FieldValue;

template <class T>
T read(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

FieldValue value_at(quern_type type, const std::byte* at) {
    switch (type) {
        case QUERN_BOOL:
            return FieldValue::of(read<uint8_t>(at) != 0);
        case QUERN_INT32:
            return FieldValue::of(int64_t{read<int32_t>(at)});
        case QUERN_INT64:
            return FieldValue::of(read<int64_t>(at));
        case QUERN_FLOAT:
            return FieldValue::of(double{read<float>(at)});
        case QUERN_DOUBLE:
            return FieldValue::of(read<double>(at));
        case QUERN_TEXT: {
            const char* text = read<const char*>(at);
            return text == nullptr ? FieldValue::null() : FieldValue::of(std::string_view(text));
        }
        case QUERN_VIEW: {
            const auto view = read<quern_view>(at);
            if (view.data == nullptr) return FieldValue::null();
            return FieldValue::of(std::string_view(view.data, view.size));
        }
    }
    return FieldValue::null();
}

struct Member {
    int input = 0;
    quern_type type = QUERN_BOOL;
    size_t offset = 0, null_offset = 0;
};

}  // namespace
}  // namespace quern::embed

using namespace quern;

struct quern_layout {
    const quern_model* model;
    std::vector<embed::Member> members;
};

namespace {

Result<int> input_of(const score::Program& program, const char* name) {
    if (name == nullptr) return invalid_argument("a field without a name");
    frame::Schema inputs;
    std::vector<std::string_view> names;
    for (const auto& input : program.inputs) {
        inputs.push_back({input.name, input.type});
        names.push_back(input.name);
    }
    const int found = frame::column_index(inputs, name);
    if (found < 0) return unknown_name("input", name, names);
    return found;
}

Status add_member(const quern_field& field, quern_layout& layout) {
    const int input = TRY(input_of(layout.model->scorer.program(), field.name));
    for (const auto& member : layout.members) {
        if (member.input != input) continue;
        return invalid_argument("two fields for the input '" + std::string(field.name) + "'");
    }
    if (field.type < QUERN_BOOL || field.type > QUERN_VIEW) {
        return invalid_argument("field '" + std::string(field.name) + "' has no known type");
    }
    layout.members.push_back({input, field.type, field.offset, field.null_offset});
    return {};
}

}  // namespace

quern_code quern_layout_new(const quern_model* model, const quern_field* fields, size_t field_count,
                            quern_layout** out) {
    return embed::answer([&]() -> Status {
        if (model == nullptr || out == nullptr || (fields == nullptr && field_count > 0)) {
            return invalid_argument("quern_layout_new: NULL given");
        }
        *out = nullptr;
        auto layout = std::make_unique<quern_layout>(quern_layout{model, {}});
        for (size_t i = 0; i < field_count; ++i) TRY(add_member(fields[i], *layout));
        *out = layout.release();
        return {};
    });
}

void quern_layout_free(quern_layout* layout) { delete layout; }

namespace {

// Into the desk's predictions.
Status score_row(const quern_layout& layout, const void* row, embed::Desk& desk) {
    const auto* bytes = static_cast<const std::byte*>(row);
    desk.reader.clear();
    desk.reader.begin_row();
    for (const auto& member : layout.members) {
        const bool is_null =
            member.null_offset != QUERN_NEVER_NULL && bytes[member.null_offset] != std::byte{0};
        desk.reader.field(member.input, is_null
                                            ? score::FieldValue::null()
                                            : embed::value_at(member.type, bytes + member.offset));
    }
    desk.reader.end_row();
    if (!desk.reader.errors().empty()) return desk.reader.status();
    const auto& scorer = layout.model->scorer;
    TRY(scorer.score(desk.reader.view(), desk.scratch, desk.predictions));
    if (desk.predictions.failed_count > 0) return scorer.row_error(0, desk.scratch);
    return {};
}

void put_label(const score::Predictions& predictions, uint32_t* label) {
    if (label != nullptr && !predictions.labels.empty()) *label = predictions.labels[0];
}

}  // namespace

quern_code quern_score_row(const quern_layout* layout, const void* row, double* outputs,
                           uint32_t* label) {
    return embed::answer([&]() -> Status {
        if (layout == nullptr || row == nullptr || outputs == nullptr) {
            return invalid_argument("quern_score_row: NULL given");
        }
        const auto desk = layout->model->rows.lend();
        TRY(score_row(*layout, row, *desk));
        std::ranges::copy(desk->predictions.outputs, outputs);
        put_label(desk->predictions, label);
        return {};
    });
}

quern_code quern_explain_row(const quern_layout* layout, const void* row, double* contributions,
                             double* base_score, uint32_t* label) {
    return embed::answer([&]() -> Status {
        if (layout == nullptr || row == nullptr || contributions == nullptr ||
            base_score == nullptr) {
            return invalid_argument("quern_explain_row: NULL given");
        }
        const auto desk = layout->model->rows.lend();
        TRY(score_row(*layout, row, *desk));
        TRY(layout->model->scorer.explain(desk->scratch, desk->explanations));
        const auto& explanations = desk->explanations;
        const size_t raw = explanations.raw_of(desk->predictions, 0);
        for (size_t i = 0; i < explanations.source_count; ++i) {
            contributions[i] = explanations.contribution(0, raw, i);
        }
        *base_score = explanations.expected[raw];
        put_label(desk->predictions, label);
        return {};
    });
}

quern_code quern_interact_row(const quern_layout* layout, const void* row, double* interactions,
                              double* base_score, uint32_t* label) {
    return embed::answer([&]() -> Status {
        if (layout == nullptr || row == nullptr || interactions == nullptr ||
            base_score == nullptr) {
            return invalid_argument("quern_interact_row: NULL given");
        }
        const auto desk = layout->model->rows.lend();
        TRY(score_row(*layout, row, *desk));
        auto& pairs = desk->pairs;
        TRY(layout->model->scorer.interact(desk->scratch, 0, pairs));
        const size_t raw = pairs.raw_of(desk->predictions, 0);
        const size_t size = pairs.source_count * pairs.source_count;
        std::ranges::copy(std::span(pairs.values).subspan(raw * size, size), interactions);
        *base_score = pairs.expected[raw];
        put_label(desk->predictions, label);
        return {};
    });
}

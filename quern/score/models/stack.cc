#include "quern/score/models/stack.h"

#include <algorithm>
#include <cmath>

#include "quern/base/text.h"
#include "quern/score/learned.h"
#include "quern/score/model.h"
#include "quern/score/plan.h"

namespace quern::score {
namespace {

// Numbers of one tile of rows between members and final model.
constexpr size_t kTileNumbersMax = 65'536;
constexpr size_t kTileRowsMax = 512;
constexpr size_t kExplainedNumbersMax = 1 << 22;

struct BoundMember {
    BoundModel model;
    Link link;
    double link_scale;
    size_t first, output_count;  // its columns of the final model's matrix
};

struct Prepared {
    std::vector<BoundMember> members;
    BoundModel final;
    std::vector<double> weights;  // of a linear final model, [raw][column of its matrix]
    size_t column_count, middle_count, raw_max = 0, tile_rows;
    size_t model_bytes = 0;  // scratch of whichever model runs

    double* numbers(std::byte* scratch) const {
        return reinterpret_cast<double*>(scratch + model_bytes);
    }
};

void score_member(const BoundMember& member, const Prepared& stack, const double* matrix,
                  size_t row_count, std::byte* scratch) {
    double* middle = stack.numbers(scratch);
    double* outputs = middle + stack.tile_rows * stack.middle_count;
    double* raw = outputs + stack.tile_rows * stack.middle_count;
    member.model.score(member.model.prepared.get(), matrix, row_count, raw, scratch);
    apply_link(member.link, member.link_scale, member.model.raw_count, row_count, raw, outputs);
    for (size_t row = 0; row < row_count; ++row)
        std::copy_n(outputs + row * member.output_count, member.output_count,
                    middle + row * stack.middle_count + member.first);
}

void score_stack(const void* prepared, const double* matrix, size_t row_count, double* raw,
                 std::byte* scratch) {
    const Prepared& stack = *static_cast<const Prepared*>(prepared);
    for (size_t first = 0; first < row_count; first += stack.tile_rows) {
        const size_t rows = std::min(stack.tile_rows, row_count - first);
        for (const BoundMember& member : stack.members)
            score_member(member, stack, matrix + first * stack.column_count, rows, scratch);
        stack.final.score(stack.final.prepared.get(), stack.numbers(scratch), rows,
                          raw + first * stack.final.raw_count, scratch);
    }
}

// Of a linear final model over raw scores: its weights times what the members tell.
void explain_stack(const void* prepared, const double* row, double* contributions,
                   std::byte* scratch) {
    const Prepared& stack = *static_cast<const Prepared*>(prepared);
    std::fill_n(contributions, stack.final.raw_count * stack.column_count, 0.0);
    double* told = stack.numbers(scratch);
    for (const BoundMember& member : stack.members) {
        member.model.explain(member.model.prepared.get(), row, told, scratch);
        for (size_t raw = 0; raw < stack.final.raw_count; ++raw) {
            double* to = contributions + raw * stack.column_count;
            for (size_t k = 0; k < member.output_count; ++k) {
                const double weight = stack.weights[raw * stack.middle_count + member.first + k];
                const double* of = told + k * stack.column_count;
                for (size_t c = 0; c < stack.column_count; ++c) to[c] += weight * of[c];
            }
        }
    }
}

Result<BoundModel> bind_part(const std::string& kind, const Buffers& learned, size_t column_count) {
    if (kind == "stack") return corrupt("a stack in a stack");
    const ModelKind* found = TRY(Registry<ModelKind>::of_kind().find(kind));
    return found->bind(learned, column_count);
}

struct Parts {
    std::vector<std::string> kinds;  // of the members, then of the final model
    std::vector<uint8_t> links;
    std::vector<double> link_scales;
    std::vector<Buffers> learned;
};

std::string name_of(size_t part, size_t member_count) {
    return part == member_count ? "final." : std::to_string(part) + ".";
}

Result<Parts> take_parts(const Buffers& learned) {
    Parts parts;
    parts.kinds = TRY(take_buffer<std::string>(learned, "kinds"));
    if (parts.kinds.size() < 2 || parts.kinds.size() > kStackMembersMax + 1)
        return corrupt("a stack of no or too many members");
    const size_t count = parts.kinds.size() - 1;
    parts.links = TRY(take_buffer<uint8_t>(learned, "links", count));
    parts.link_scales = TRY(take_finite(learned, "link_scales", count));
    parts.learned.resize(count + 1);
    size_t taken = 3;
    for (size_t part = 0; part <= count; ++part) {
        const std::string prefix = name_of(part, count);
        for (auto at = learned.lower_bound(prefix);
             at != learned.end() && at->first.starts_with(prefix); ++at, ++taken)
            parts.learned[part].emplace(at->first.substr(prefix.size()), at->second);
    }
    if (taken != learned.size()) return corrupt("a stack has a buffer of no member");
    return parts;
}

Result<BoundMember> bind_member(const Parts& parts, size_t index, size_t column_count) {
    if (parts.links[index] > static_cast<uint8_t>(Link::exponential))
        return corrupt("a member's link is not known");
    BoundMember member{TRY(bind_part(parts.kinds[index], parts.learned[index], column_count)),
                       static_cast<Link>(parts.links[index]), parts.link_scales[index], 0, 0};
    const bool is_sigmoid = member.link == Link::sigmoid;
    if (is_sigmoid && member.model.raw_count != 1)
        return corrupt("a member's raw scores do not fit its link");
    member.output_count = is_sigmoid ? 2 : member.model.raw_count;
    return member;
}

// Sets `explain` where the contributions of the members add up to those of the stack.
void bind_explain(const Parts& parts, Prepared& stack, BoundModel& bound) {
    if (parts.kinds.back() != "linear") return;
    for (const BoundMember& member : stack.members)
        if (member.link != Link::identity || member.model.explain == nullptr) return;
    if (stack.raw_max > kExplainedNumbersMax / (stack.column_count + 1)) return;
    stack.weights = *find_buffer<double>(parts.learned.back(), "weights");
    bound.explain = explain_stack;
    bound.expected = *find_buffer<double>(parts.learned.back(), "intercepts");
    for (const BoundMember& member : stack.members)
        for (size_t raw = 0; raw < bound.expected.size(); ++raw)
            for (size_t k = 0; k < member.output_count; ++k)
                bound.expected[raw] += stack.weights[raw * stack.middle_count + member.first + k] *
                                       member.model.expected[k];
}

Result<BoundModel> bind_stack(const Buffers& learned, size_t column_count) {
    const Parts parts = TRY(take_parts(learned));
    auto stack = std::make_shared<Prepared>();
    stack->column_count = column_count;
    stack->middle_count = 0;
    for (size_t i = 0; i + 1 < parts.kinds.size(); ++i) {
        stack->members.push_back(TRY(bind_member(parts, i, column_count)));
        BoundMember& member = stack->members.back();
        member.first = stack->middle_count;
        stack->middle_count += member.output_count;
        stack->raw_max = std::max(stack->raw_max, member.model.raw_count);
        stack->model_bytes = std::max(stack->model_bytes, member.model.scratch_bytes);
        if (stack->middle_count > kTileNumbersMax) return corrupt("a stack of too many scores");
    }
    stack->final = TRY(bind_part(parts.kinds.back(), parts.learned.back(), stack->middle_count));
    stack->model_bytes = std::max(stack->model_bytes, stack->final.scratch_bytes);
    stack->model_bytes =
        (stack->model_bytes + kModelAlignment - 1) / kModelAlignment * kModelAlignment;
    stack->tile_rows = std::clamp<size_t>(kTileNumbersMax / stack->middle_count, 1, kTileRowsMax);
    BoundModel bound{score_stack, stack, stack->final.raw_count, {}};
    bind_explain(parts, *stack, bound);
    size_t numbers = stack->tile_rows * (2 * stack->middle_count + stack->raw_max);
    if (bound.explain != nullptr) numbers = std::max(numbers, stack->raw_max * stack->column_count);
    bound.scratch_bytes = stack->model_bytes + numbers * sizeof(double);
    for (const BoundMember& member : stack->members) bound.kernel += member.model.kernel + "; ";
    bound.kernel += stack->final.kernel;
    return bound;
}

std::string describe_stack(const Buffers& learned) {
    const auto parts = take_parts(learned);
    if (!parts.ok()) return "no members";
    std::string text;
    for (size_t i = 0; i < parts->kinds.size(); ++i) {
        const auto kind = Registry<ModelKind>::of_kind().find(parts->kinds[i]);
        const bool is_final = i + 1 == parts->kinds.size();
        text += i == 0 ? "" : is_final ? "; from their scores " : " + ";
        text += parts->kinds[i];
        if (kind.ok() && parts->kinds[i] != "stack")
            text += " (" + (*kind)->describe(parts->learned[i]) + ")";
    }
    return text;
}

}  // namespace

FittedModel pack(const Stack& stack) {
    FittedModel model{"stack", {}};
    std::vector<std::string> kinds;
    std::vector<uint8_t> links;
    std::vector<double> link_scales;
    const size_t count = stack.members.size();
    const auto add = [&](size_t part, const FittedModel& from) {
        kinds.push_back(from.kind);
        for (const auto& [name, buffer] : from.learned)
            model.learned[name_of(part, count) + name] = buffer;
    };
    for (size_t i = 0; i < count; ++i) {
        add(i, stack.members[i].model);
        links.push_back(static_cast<uint8_t>(stack.members[i].link));
        link_scales.push_back(stack.members[i].link_scale);
    }
    add(count, stack.final);
    model.learned["kinds"] = std::move(kinds);
    model.learned["links"] = std::move(links);
    model.learned["link_scales"] = std::move(link_scales);
    return model;
}

Result<Stack> unpack_stack(const Buffers& learned) {
    Parts parts = TRY(take_parts(learned));
    Stack stack;
    for (size_t i = 0; i < parts.links.size(); ++i)
        stack.members.push_back({{parts.kinds[i], std::move(parts.learned[i])},
                                 static_cast<Link>(parts.links[i]),
                                 parts.link_scales[i]});
    stack.final = {parts.kinds.back(), std::move(parts.learned.back())};
    return stack;
}

QUERN_REGISTER(ModelKind)({
    .name = "stack",
    .summary = "A model over the scores of models: a stack or a blend.",
    .bind = bind_stack,
    .describe = describe_stack,
});

}  // namespace quern::score

// Models side by side over the same columns, whose scores are the columns of a final model: a stack
// where the final one was learned, a blend where it is a weighted mean.
#pragma once

#include <vector>

#include "quern/score/program.h"

namespace quern::score {

struct Stack {
    struct Member {
        FittedModel model;
        Link link = Link::identity;  // from its raw scores to what the final model sees
        double link_scale = 1;
    };
    std::vector<Member> members;
    FittedModel final;  // none is a stack itself
};

constexpr size_t kStackMembersMax = 64;

FittedModel pack(const Stack& stack);
// The parts' own buffers are not looked at.
Result<Stack> unpack_stack(const Buffers& learned);

}  // namespace quern::score

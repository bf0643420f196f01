#include "quern/score/sample_program.h"

#include <cstring>

#include "quern/score/models/trees.h"

namespace quern::score {

Program sample_program() {
    const frame::Type number = frame::type_from_sql("DOUBLE"),
                      text = frame::type_from_sql("VARCHAR");
    Program program;
    program.model_name = "sample";
    program.target = "churned";
    program.target_type = text;
    program.classes = {"no", "yes"};
    program.inputs.resize(2);
    program.inputs[0].name = "income";
    program.inputs[0].type = number;
    program.inputs[1].name = "city";
    program.inputs[1].type = text;

    program.expressions.resize(4);
    program.expressions[0].type = number;
    double two = 2;
    Expression& constant = program.expressions[1];
    constant.kind = Expression::Kind::constant;
    constant.type = constant.constant.type = number;
    constant.constant.is_null = false;
    std::memcpy(constant.constant.bits.data(), &two, sizeof(two));
    Expression& product = program.expressions[2];
    product.kind = Expression::Kind::call;
    product.type = number;
    product.function = "*";
    product.children = {0, 1};
    program.expressions[3].type = text;
    program.expressions[3].input = 1;
    program.features = {{"double_income", 2}, {"city", 3}};

    program.encoders.resize(2);
    program.encoders[0].kind = "numeric";
    program.encoders[1].kind = "one_hot";
    program.encoders[1].feature = 1;
    program.encoders[1].learned["categories"] = std::vector<std::string>{"Paris", "Rome"};

    Trees trees;
    trees.trees.resize(2);
    trees.trees[0].nodes.resize(1);
    trees.trees[0].nodes[0] = {.column = 0,
                               .threshold = 100,
                               .left = -1,
                               .right = -2,
                               .missing = Missing::nan,
                               .default_left = true};
    trees.trees[0].leaves = {-1, 1};
    trees.trees[1].nodes.resize(1);
    trees.trees[1].nodes[0] = {.column = 1, .threshold = 0.5, .left = -1, .right = -2};
    trees.trees[1].leaves = {-0.5, 0.25};
    program.model = pack(trees);
    program.link = Link::sigmoid;
    return program;
}

}  // namespace quern::score

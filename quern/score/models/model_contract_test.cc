// What every kind of model is tested for by standing in this list: hostile buffers are refused or
// harmless, and a row alone scores as it does among others.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "quern/score/model.h"
#include "quern/score/models/centers.h"
#include "quern/score/models/linear.h"
#include "quern/score/models/nearest.h"
#include "quern/score/models/network.h"
#include "quern/score/models/stack.h"
#include "quern/score/models/trees.h"

namespace quern::score {
namespace {

constexpr size_t kColumns = 2;

Trees two_leaves() {
    Trees trees;
    trees.trees.push_back(
        {.nodes = {{.column = 1, .threshold = 0.5, .left = ~0, .right = ~1}}, .leaves = {1, 2}});
    return trees;
}

Network two_layers() {
    return {Activation::tanh, {{{1, -2, 0.5, 3, -1, 1}, {0, 1, -1}}, {{1, -0.5, 2}, {0.25}}}};
}

FittedModel small_network() {
    FittedModel model = pack(two_layers());
    EXPECT_TRUE(quantize_network(model, kColumns).ok());
    return model;
}

std::vector<FittedModel> samples() {
    return {
        pack(ConstantModel{{1, 2}}),
        pack(Linear{{1, 2, 3, 4}, {0.5, 1}, {1, 1}}),
        pack(two_leaves()),
        pack(Nearest{.points = {0, 0, 1, 1, 2, 0},
                     .targets = {0, 1, 2},
                     .weights = {1, 2, 1},
                     .class_count = 3,
                     .neighbors = 2,
                     .is_by_distance = true}),
        pack(Centers{.centers = {0, 0, 1, 2, -1, 3}, .variance = 0.5}),
        pack(two_layers()),
        small_network(),
        pack(Stack{
            .members = {{pack(Linear{{1, 2}, {0.5}}), Link::sigmoid, 0.7}, {pack(two_leaves())}},
            .final = pack(Linear{{1, 2, 3}, {0}})}),
        pack(Stack{.members = {{pack(Linear{{1, 2}, {0.5}, {1, 1}})}},
                   .final = pack(Linear{{3}, {0}})}),
    };
}

Result<BoundModel> bind(const FittedModel& model) {
    return Registry<ModelKind>::of_kind().find(model.kind).value()->bind(model.learned, kColumns);
}

std::vector<double> score(const BoundModel& model, const double* matrix, size_t row_count) {
    const auto scratch = make_model_scratch(model);
    std::vector<double> raw(row_count * model.raw_count);
    model.score(model.prepared.get(), matrix, row_count, raw.data(), scratch.get());
    std::vector<double> contributions(model.raw_count * kColumns);
    if (model.explain != nullptr)
        model.explain(model.prepared.get(), matrix, contributions.data(), scratch.get());
    return raw;
}

constexpr double kRows[] = {0.3, 1, NAN, 0, INFINITY, -1, -0.0, 1e300, 1, 1, 5, -INFINITY};
constexpr size_t kRowCount = std::size(kRows) / kColumns;

TEST(ModelContract, every_kind_is_in_the_list) {
    for (const ModelKind& kind : Registry<ModelKind>::of_kind().all()) {
        bool is_there = false;
        for (const FittedModel& model : samples()) is_there |= model.kind == kind.name;
        EXPECT_TRUE(is_there) << kind.name;
    }
}

TEST(ModelContract, a_row_scores_alone_as_among_others) {
    for (const FittedModel& fitted : samples()) {
        const auto model = bind(fitted);
        ASSERT_TRUE(model.ok()) << fitted.kind << ": " << model.status().text();
        std::vector<double> many;
        for (int i = 0; i < 200; ++i) many.insert(many.end(), std::begin(kRows), std::end(kRows));
        const auto all = score(*model, many.data(), 200 * kRowCount);
        for (size_t row = 0; row < 200 * kRowCount; ++row) {
            const auto one = score(*model, many.data() + row * kColumns, 1);
            for (size_t k = 0; k < one.size(); ++k) {
                const double among = all[row * one.size() + k];
                ASSERT_TRUE(one[k] == among || (std::isnan(one[k]) && std::isnan(among)))
                    << fitted.kind << ", row " << row;
            }
        }
    }
}

template <class T>
std::vector<T> extremes() {
    if constexpr (std::is_same_v<T, std::string>) return {"", "no such thing", "0.stack"};
    using Limits = std::numeric_limits<T>;
    std::vector<T> values{T{}, T{1}, Limits::max(), Limits::lowest()};
    if constexpr (std::is_same_v<T, double>)
        values.insert(values.end(), {NAN, INFINITY, -INFINITY, 0.5, 1e-320});
    return values;
}

// Refused, or bound and scored without harm.
void check_hostile(const FittedModel& model, bool must_be_refused) {
    const auto bound = bind(model);
    if (bound.ok()) score(*bound, kRows, kRowCount);
    EXPECT_FALSE(must_be_refused && bound.ok()) << model.kind;
}

TEST(ModelContract, hostile_buffers_do_no_harm) {
    for (const FittedModel& fitted : samples()) {
        for (const auto& [name, buffer] : fitted.learned) {
            SCOPED_TRACE(fitted.kind + " " + name);
            FittedModel bad = fitted;
            bad.learned.erase(name);
            check_hostile(bad, false);
            bad.learned[name] = std::vector<std::string>{"text"};
            check_hostile(bad, !std::holds_alternative<std::vector<std::string>>(buffer));
            std::visit(
                [&]<class T>(const std::vector<T>& values) {
                    std::vector<T> shorter(values), longer(values);
                    if (!values.empty()) shorter.pop_back();
                    longer.push_back(T{});
                    for (const auto& other : {std::vector<T>{}, shorter, longer}) {
                        bad.learned[name] = other;
                        check_hostile(bad, false);
                    }
                    for (size_t i = 0; i < values.size(); ++i) {
                        for (const T& extreme : extremes<T>()) {
                            auto changed = values;
                            changed[i] = extreme;
                            bad.learned[name] = changed;
                            bool is_nan = false;
                            if constexpr (std::is_same_v<T, double>) is_nan = std::isnan(extreme);
                            check_hostile(bad, is_nan);
                        }
                    }
                },
                buffer);
        }
    }
}

}  // namespace
}  // namespace quern::score

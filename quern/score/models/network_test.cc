// Covers network.cc, network_buffers.cc. Reference values: scikit-learn 1.9, MLPRegressor's forward
// pass with these weights.
#include "quern/score/models/network.h"

#include <gtest/gtest.h>

#include <cmath>

#include "quern/score/model.h"

namespace quern::score {
namespace {

std::vector<double> some(int count, int step) {
    std::vector<double> values;
    for (int i = 0; i < count; ++i) values.push_back((i * step % 17 - 8) / 7.0);
    return values;
}

Network network_of(Activation activation) {
    return {activation,
            {{some(40, 5), some(20, 11)}, {some(60, 7), some(3, 2)}, {some(6, 3), some(2, 9)}}};
}

std::vector<double> score(const FittedModel& fitted, const std::vector<double>& matrix) {
    const auto* kind = Registry<ModelKind>::of_kind().find("network").value();
    const auto model = kind->bind(fitted.learned, 2);
    EXPECT_TRUE(model.ok()) << model.status().text();
    std::vector<double> raw(matrix.size() / 2 * model->raw_count);
    const auto scratch = make_model_scratch(*model);
    model->score(model->prepared.get(), matrix.data(), matrix.size() / 2, raw.data(),
                 scratch.get());
    return raw;
}

const std::vector<double> kRows = {0.3, -1.2, 2.5, 0.7};

void check(Activation activation, const std::vector<double>& want) {
    const auto raw = score(pack(network_of(activation)), kRows);
    ASSERT_EQ(raw.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(raw[i], want[i], 1e-12);
}

TEST(Network, equals_scikit_learn) {
    check(Activation::relu, {-1.797084548105, 2.4326530612245, -4.4244897959184, 10.369096209913});
    check(Activation::tanh,
          {0.18953734506957, 0.58389174927241, -0.9999465016616, 1.5713835342282});
    check(Activation::logistic,
          {-1.6045549895936, 0.92813243481011, -1.9866284150283, 1.5157550286533});
}

TEST(Network, of_8_bit_weights_is_near) {
    const Network network = network_of(Activation::tanh);
    FittedModel small = pack(network);
    ASSERT_TRUE(quantize_network(small, 2).ok());
    const auto want = score(pack(network), kRows), found = score(small, kRows);
    for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(found[i], want[i], 0.05);
    EXPECT_NE(found, want);
    const auto again = unpack_network(small.learned, 2);
    ASSERT_TRUE(again.ok());
    for (size_t l = 0; l < 3; ++l) {
        const auto& a = network.layers[l].weights;
        const auto& b = again->layers[l].weights;
        for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 0.5 * 8 / 7 / 127 + 1e-9);
    }
}

TEST(Network, packed_and_unpacked_is_the_same) {
    const FittedModel model = pack(network_of(Activation::logistic));
    EXPECT_EQ(pack(*unpack_network(model.learned, 2)), model);
    EXPECT_FALSE(unpack_network(model.learned, 3).ok());
    EXPECT_FALSE(unpack_network(model.learned, 0).ok());
}

TEST(Network, refuses_layers_out_of_range) {
    for (const std::vector<uint32_t>& widths :
         {std::vector<uint32_t>{}, {0}, {4097}, {UINT32_MAX}, std::vector<uint32_t>(17, 1)}) {
        FittedModel model = pack(network_of(Activation::relu));
        model.learned["widths"] = widths;
        EXPECT_FALSE(unpack_network(model.learned, 2).ok());
    }
}

}  // namespace
}  // namespace quern::score

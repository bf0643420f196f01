#include "quern/score/encoders/grams.h"
#include "quern/train/transform.h"

namespace quern::train {
namespace {

struct HashEncode {
    int64_t columns = 64;

    static std::vector<Param> params() {
        return {
            param("columns", &HashEncode::columns, "That the categories share.").in(1, 1 << 18)};
    }
};

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<HashEncode>(input.settings, "hash_encode"));
    return FittedTransform{
        "hashed_words",
        {{"grams", std::vector<uint32_t>{1, 1}},
         {"columns", std::vector<uint32_t>{static_cast<uint32_t>(settings.columns)}},
         {"by", std::vector<uint8_t>{static_cast<uint8_t>(score::GramKind::whole)}}}};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "hash_encode",
    .summary = "A fixed number of columns for any number of categories: each is 1 or -1 in one of "
               "them, by the sign and the rest of its 32-bit MurmurHash3 (seed 0). Nothing is "
               "learned; missing is 0.",
    .reference = "scikit-learn's FeatureHasher(input_type='string')",
    .example = "hash_encode(zip, columns := 256)",
    .takes = Takes::text,
    .params = HashEncode::params(),
    .check_settings = check_params<HashEncode>,
    .fit = fit,
});

}  // namespace quern::train

#include "quern/train/categories.h"

namespace quern::train {
namespace {

struct FrequencyEncode {
    bool share = true;

    static std::vector<Param> params() {
        return {param("share", &FrequencyEncode::share,
                      "The part of all rows; else the number of rows.")};
    }
};

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<FrequencyEncode>(input.settings, "frequency_encode"));
    const Categories categories = TRY(read_categories(input));
    const double whole = settings.share ? static_cast<double>(categories.codes.size()) : 1;
    std::vector<double> values;
    for (const size_t count : categories.counts)
        values.push_back(static_cast<double>(count) / whole);
    const double missing = static_cast<double>(categories.missing_count) / whole;
    return FittedTransform{"lookup",
                           {{"categories", categories.buffer()},
                            {"columns", std::vector<std::string>{" frequency"}},
                            {"values", values},
                            {"unseen", std::vector<double>{0}},
                            {"missing", std::vector<double>{missing}}}};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "frequency_encode",
    .summary = "How often training saw the category; missing counts as one, unseen is 0.",
    .reference = "category_encoders' CountEncoder(normalize=True)",
    .example = "frequency_encode(zip)",
    .takes = Takes::category,
    .params = FrequencyEncode::params(),
    .check_settings = check_params<FrequencyEncode>,
    .fit = fit,
});

}  // namespace quern::train

// Linear models of scikit-learn. It adds in the order of its BLAS, so scores are near, not equal.
#include <algorithm>

#include "quern/score/importers/sklearn_parts.h"
#include "quern/score/models/linear.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

constexpr const char* kOrderNote =
    "sums of a linear model are within rounding of scikit-learn's, which adds in another order";

// Coefficients of each raw score, [raw][column], and what is added to it.
Result<Linear> read_sums(const SklearnFile& file, PickleId estimator, size_t column_count) {
    Linear linear;
    linear.weights = TRY(file.numpy.numbers(file.find(estimator, "coef_")));
    linear.intercepts = TRY(file.numpy.numbers(file.find(estimator, "intercept_")));
    if (linear.weights.empty() || linear.weights.size() % column_count != 0)
        return corrupt("the coefficients do not fit the features");
    const size_t raw_count = linear.weights.size() / column_count;
    // Without an intercept it is one zero.
    if (linear.intercepts.size() == 1) linear.intercepts.resize(raw_count, linear.intercepts[0]);
    if (linear.intercepts.size() != raw_count || raw_count > kClassesMax)
        return corrupt("the intercepts do not fit the coefficients");
    return linear;
}

Result<SklearnModel> read_regressor(const SklearnFile& file, PickleId estimator,
                                    std::vector<ImportedColumn>& columns) {
    SklearnModel model;
    const Linear linear = TRY(read_sums(file, estimator, columns.size()));
    if (linear.intercepts.size() != 1) return unimplemented("a linear model of several targets");
    model.model = pack(linear);
    const auto name = file.class_of(estimator);
    if (name == "PoissonRegressor" || name == "GammaRegressor") model.link = Link::exponential;
    model.notes.emplace_back(kOrderNote);
    return model;
}

Result<SklearnModel> read_classifier(const SklearnFile& file, PickleId estimator,
                                     std::vector<ImportedColumn>& columns) {
    SklearnModel model;
    model.is_classifier = true;
    TRY(file.read_labels(estimator, model));
    const Linear linear = TRY(read_sums(file, estimator, columns.size()));
    const size_t raw_count = linear.intercepts.size();
    if (raw_count != (model.labels.size() == 2 ? 1 : model.labels.size()))
        return corrupt("the coefficients do not fit the classes");
    const auto kind = file.text(estimator, "multi_class");
    const bool is_one_by_one = kind == "ovr" || file.text(estimator, "solver") == "liblinear";
    if (raw_count > 1 && is_one_by_one)
        return unimplemented("logistic regression with a model for each class (one versus rest)");
    model.model = pack(linear);
    model.link = raw_count > 1 ? Link::softmax : Link::sigmoid;
    // Of two classes "multinomial" takes the softmax of minus and plus the sum.
    if (raw_count == 1 && kind == "multinomial") model.link_scale = 2;
    model.notes.emplace_back(kOrderNote);
    return model;
}

}  // namespace

SklearnReader find_sklearn_linear(std::string_view class_name) {
    constexpr std::string_view kRegressors[] = {
        "LinearRegression",  "Ridge",        "RidgeCV",          "Lasso",
        "LassoCV",           "ElasticNet",   "ElasticNetCV",     "BayesianRidge",
        "ARDRegression",     "Lars",         "LassoLars",        "HuberRegressor",
        "QuantileRegressor", "SGDRegressor", "PoissonRegressor", "GammaRegressor",
        "TheilSenRegressor"};
    if (std::ranges::count(kRegressors, class_name) > 0) return read_regressor;
    const bool is_logistic =
        class_name == "LogisticRegression" || class_name == "LogisticRegressionCV";
    return is_logistic ? read_classifier : nullptr;
}

}  // namespace quern::score

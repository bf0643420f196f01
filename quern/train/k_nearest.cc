// k-nearest neighbours: nothing is fitted, the rows themselves become the model.
#include "quern/base/text.h"
#include "quern/score/models/nearest.h"
#include "quern/train/learner.h"

namespace quern::train {
namespace {

struct KNearest {
    int64_t neighbors = 5, size_mb_max = 256;
    std::string weights = "uniform";

    static std::vector<Param> params() {
        return {
            param("neighbors", &KNearest::neighbors, "Rows that vote.").in(1, score::kNeighborsMax),
            param("weights", &KNearest::weights,
                  "What a vote counts: the same for all, or 1 / distance.")
                .one_of({"uniform", "distance"}),
            param("size_mb_max", &KNearest::size_mb_max,
                  "What the kept rows may take in the model's file.")
                .in(1, 2048)};
    }
};

Status check_size(const KNearest& settings, const Lesson& lesson) {
    const auto rows = static_cast<int64_t>(lesson.matrix.row_count);
    if (rows < settings.neighbors) {
        return failed_precondition("k_nearest asks " + std::to_string(settings.neighbors) +
                                   " neighbors, and there is " + plural(rows, "row") +
                                   " to learn from")
            .hint("lower `neighbors`");
    }
    const auto columns = static_cast<int64_t>(lesson.matrix.column_count());
    const auto size_mb = rows * (columns + 1) * int64_t{sizeof(double)} / 1'000'000;
    if (size_mb <= settings.size_mb_max) return {};
    return failed_precondition("k_nearest keeps all rows: " + plural(rows, "row") + " of " +
                               plural(columns, "column") + " are " + with_thousands(size_mb) +
                               " MB, and size_mb_max is " + with_thousands(settings.size_mb_max))
        .hint("learn from a sample of the rows, `select` columns, or raise `size_mb_max`");
}

Result<Fitted> fit_k_nearest(const FitInput& input) {
    const auto settings = TRY(parse_params<KNearest>(input.settings, "k_nearest"));
    const Lesson& lesson = input.lesson;
    TRY(check_size(settings, lesson));
    score::Nearest nearest;
    for (size_t row = 0; row < lesson.matrix.row_count; ++row) {
        const double* values = lesson.matrix.row(row);
        if (!lesson.weights.empty()) {
            if (lesson.weights[row] == 0) continue;
            nearest.weights.push_back(lesson.weights[row]);
        }
        nearest.points.insert(nearest.points.end(), values, values + lesson.matrix.column_count());
        nearest.targets.push_back(lesson.targets[row]);
    }
    if (static_cast<int64_t>(nearest.targets.size()) < settings.neighbors)
        return invalid_argument("fewer rows than `neighbors` have a weight above 0");
    if (input.task == Task::classify)
        nearest.class_count = static_cast<uint32_t>(input.class_count);
    nearest.neighbors = static_cast<uint32_t>(settings.neighbors);
    nearest.is_by_distance = settings.weights == "distance";
    Fitted fitted;
    fitted.model = score::pack(nearest);
    fitted.iterations = 1;
    fitted.importance.assign(lesson.matrix.column_count(), 0);
    return fitted;
}

QUERN_REGISTER(Learner)
({.name = "k_nearest",
  .summary = "What the nearest rows of the training say, by Euclidean distance; of equally near "
             "ones the earlier row counts.",
  .source = "quern's own k-d tree, exact; equals scikit-learn's KNeighborsClassifier and "
            "KNeighborsRegressor",
  .example = "algorithm: {k_nearest: {neighbors: 15, weights: distance}}",
  .taste = Taste::dense,
  .is_for_classify = true,
  .is_for_regress = true,
  .counts_rows = true,
  .params = KNearest::params(),
  .check_settings =
      [](const Tree& tree) { return parse_params<KNearest>(tree, "k_nearest").status(); },
  .fit = fit_k_nearest});

}  // namespace
}  // namespace quern::train

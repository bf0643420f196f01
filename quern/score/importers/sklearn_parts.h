// What the importer of scikit-learn is made of: one file reads trees, one histogram boosting, one
// linear models; sklearn.cc puts them behind their inputs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/score/importers/inputs.h"
#include "quern/score/importers/numpy.h"

namespace quern::score {

// The end of a pipeline, as a model over `column_count` columns.
struct SklearnModel {
    FittedModel model;
    Link link = Link::identity;
    double link_scale = 1;
    bool takes_missing = false;
    bool is_classifier = false;
    std::vector<std::string> labels;
    bool are_integers = false;
    double threshold = 0;  // 0: the first class where both are as likely
    std::vector<std::string> notes;
};

class SklearnFile {
public:
    explicit SklearnFile(const Pickle& from) : pickle(from), numpy(from) {}

    const Pickle& pickle;
    NumpyReader numpy;

    // "RandomForestClassifier" of an object of scikit-learn's; empty where it is none.
    std::string_view class_of(PickleId id) const;
    PickleId find(PickleId id, std::string_view attribute) const {
        return pickle.find(id, attribute);
    }
    bool has(PickleId id, std::string_view attribute) const {
        return find(id, attribute) != Pickle::kNone;
    }
    std::string_view text(PickleId id, std::string_view attribute) const {
        return pickle.at(find(id, attribute)).bytes;
    }
    Result<size_t> count(PickleId id, std::string_view attribute) const;
    Status read_labels(PickleId id, SklearnModel& model) const;  // its classes_
    // Whether the file was written by this version or a later one.
    bool is_since(PickleId id, int major, int minor) const;
};

// Nothing where the class is none of theirs.
using SklearnReader = Result<SklearnModel> (*)(const SklearnFile& file, PickleId estimator,
                                               std::vector<ImportedColumn>& columns);
SklearnReader find_sklearn_trees(std::string_view class_name);
SklearnReader find_sklearn_boosting(std::string_view class_name);
SklearnReader find_sklearn_linear(std::string_view class_name);

}  // namespace quern::score

#include "quern/train/booster.h"

#include <LightGBM/c_api.h>

#include <limits>

namespace quern::train {
namespace {

Status check(int code, std::string_view doing) {
    if (code == 0) return {};
    return failed_precondition("LightGBM could not " + std::string(doing) + ": " +
                               LGBM_GetLastError());
}

Status fits_int32(size_t count, std::string_view what) {
    if (count <= static_cast<size_t>(std::numeric_limits<int32_t>::max())) return {};
    return resource_exhausted("LightGBM takes at most 2,147,483,647 " + std::string(what) +
                              ", not " + std::to_string(count));
}

Status set_field(void* data, const char* name, std::span<const double> values) {
    if (values.empty()) return {};
    const std::vector<float> narrow(values.begin(), values.end());  // LightGBM keeps float32
    return check(LGBM_DatasetSetField(data, name, narrow.data(), static_cast<int>(narrow.size()),
                                      C_API_DTYPE_FLOAT32),
                 std::string("take the ") + name);
}

// What LightGBM has to say comes as a Status. It keeps the callback apart for each thread.
void silence() {
    LGBM_RegisterLogCallback([](const char*) {});
}

}  // namespace

void BoosterData::Free::operator()(void* handle) const { LGBM_DatasetFree(handle); }
void Booster::Free::operator()(void* handle) const { LGBM_BoosterFree(handle); }

namespace {

// LightGBM keeps its silence by thread: others would print their warnings.
std::string on_one_thread(std::string parameters) {
    constexpr std::string_view kKey = "num_threads=";
    const size_t begin = parameters.find(kKey);
    if (begin == std::string::npos) return parameters + " num_threads=1";
    const size_t end = std::min(parameters.find(' ', begin), parameters.size());
    return parameters.replace(begin, end - begin, "num_threads=1");
}

}  // namespace

Result<BoosterData> BoosterData::make(const Lesson& lesson, const std::string& parameters,
                                      const BoosterData* reference) {
    silence();
    const MatrixView& matrix = lesson.matrix;
    TRY(fits_int32(matrix.row_count, "rows"));
    TRY(fits_int32(matrix.column_count(), "columns"));
    BoosterData data;
    void* handle = nullptr;
    const std::string binning = on_one_thread(parameters);
    TRY(check(LGBM_DatasetCreateFromMat(
                  matrix.values, C_API_DTYPE_FLOAT64, static_cast<int32_t>(matrix.row_count),
                  static_cast<int32_t>(matrix.column_count()), /*is_row_major=*/1, binning.c_str(),
                  reference == nullptr ? nullptr : reference->handle(), &handle),
              "bin the data"));
    data.handle_.reset(handle);
    TRY(set_field(handle, "label", lesson.targets));
    TRY(set_field(handle, "weight", lesson.weights));
    return data;
}

Result<Booster> Booster::make(const BoosterData& data, const std::string& parameters) {
    Booster booster;
    void* handle = nullptr;
    TRY(check(LGBM_BoosterCreate(data.handle(), parameters.c_str(), &handle), "start"));
    booster.handle_.reset(handle);
    return booster;
}

Status Booster::add_validation(const BoosterData& data) {
    return check(LGBM_BoosterAddValidData(handle_.get(), data.handle()),
                 "take the validation rows");
}

Result<bool> Booster::update() {
    int is_finished = 0;
    TRY(check(LGBM_BoosterUpdateOneIter(handle_.get(), &is_finished), "grow a tree"));
    return is_finished == 1;
}

Status Booster::validation_scores(std::vector<double>& out) const {
    constexpr int kFirstValidation = 1;
    int64_t count = 0;
    TRY(check(LGBM_BoosterGetNumPredict(handle_.get(), kFirstValidation, &count), "predict"));
    out.resize(static_cast<size_t>(count));
    return check(LGBM_BoosterGetPredict(handle_.get(), kFirstValidation, &count, out.data()),
                 "predict");
}

Result<std::vector<double>> Booster::raw_scores(const MatrixView& matrix,
                                                int64_t iterations) const {
    int classes = 0;
    TRY(check(LGBM_BoosterGetNumClasses(handle_.get(), &classes), "count its classes"));
    std::vector<double> scores(matrix.row_count * static_cast<size_t>(classes));
    int64_t count = 0;
    TRY(check(
        LGBM_BoosterPredictForMat(handle_.get(), matrix.values, C_API_DTYPE_FLOAT64,
                                  static_cast<int32_t>(matrix.row_count),
                                  static_cast<int32_t>(matrix.column_count()), /*is_row_major=*/1,
                                  C_API_PREDICT_RAW_SCORE, 0, static_cast<int>(iterations),
                                  "num_threads=1", &count, scores.data()),
        "predict"));
    return scores;
}

Result<std::string> Booster::text(int64_t iterations) const {
    int64_t size = 0;
    std::string text(1 << 20, '\0');
    const auto save = [&] {
        return LGBM_BoosterSaveModelToString(handle_.get(), 0, static_cast<int>(iterations),
                                             C_API_FEATURE_IMPORTANCE_GAIN,
                                             static_cast<int64_t>(text.size()), &size, text.data());
    };
    TRY(check(save(), "write its model"));
    if (static_cast<size_t>(size) > text.size()) {
        text.resize(static_cast<size_t>(size));
        TRY(check(save(), "write its model"));
    }
    text.resize(static_cast<size_t>(size) - 1);  // without its closing zero
    return text;
}

Result<std::vector<double>> Booster::gain(size_t column_count, int64_t iterations) const {
    std::vector<double> gain(column_count);
    TRY(check(LGBM_BoosterFeatureImportance(handle_.get(), static_cast<int>(iterations),
                                            C_API_FEATURE_IMPORTANCE_GAIN, gain.data()),
              "tell its gains"));
    return gain;
}

}  // namespace quern::train

#include "quern/train/written_columns.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "quern/score/encoder.h"
#include "quern/score/stage.h"
#include "quern/stats/random.h"
#include "quern/train/preparation.h"

namespace quern::train {
namespace {

// Until all encoders are known, columns of stages count from here.
constexpr uint32_t kOfStages = 1u << 31;

// Columns on their way: where they are written, and what the lesson's rows hold in them.
struct Columns {
    std::vector<uint32_t> ids;
    std::vector<std::string> names;
    std::vector<double> values;     // [row][column]
    std::vector<uint8_t> may_miss;  // whether a missing value can come

    size_t count() const { return ids.size(); }
};

std::vector<uint8_t> draw_folds(const LessonValues& lesson) {
    std::vector<uint32_t> rows(lesson.targets.size());
    std::iota(rows.begin(), rows.end(), 0u);
    stats::Random random(lesson.seed + 3);
    for (size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random.below(i)]);
    // Of classes, each fold gets its share.
    if (lesson.task == Task::classify) {
        std::ranges::stable_sort(rows, {}, [&](uint32_t row) { return lesson.targets[row]; });
    }
    std::vector<uint8_t> folds(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) folds[rows[i]] = static_cast<uint8_t>(i % kCrossFolds);
    return folds;
}

// An encoder's columns of a whole column of values.
std::vector<double> encode(const score::BoundEncoder& encoder, const frame::Column& feature) {
    const auto view = feature.view();
    std::vector<uint64_t> all_valid, none_failed((feature.row_count() + 63) / 64);
    const auto* valid = view.validity;
    if (valid == nullptr) {
        all_valid.assign(none_failed.size(), ~uint64_t{0});
        valid = all_valid.data();
    }
    const score::Vector vector{const_cast<void*>(view.data), const_cast<uint64_t*>(valid),
                               none_failed.data()};
    std::vector<double> values(feature.row_count() * encoder.columns.size());
    encoder.apply(encoder.prepared.get(), vector, feature.row_count(),
                  {values.data(), encoder.columns.size()});
    return values;
}

class Fitting {
public:
    Fitting(const score::Program& program, const LessonValues& lesson)
        : program_(program), lesson_(lesson), all_rows_(lesson.targets.size()) {
        std::iota(all_rows_.begin(), all_rows_.end(), 0u);
    }

    Status add(uint32_t index, const Written& written) {
        index_ = index;
        const bool is_bare = written.transform.empty();
        if (is_bare) return add_bare(index, written);
        const bool is_dense = lesson_.taste == Taste::dense;
        auto columns = fit(written, is_dense);
        if (!columns.ok()) return std::move(columns).status().at(written.place);
        if (is_dense) TRY(fill(*columns));
        for (const uint32_t id : columns->ids) out_.matrix.push_back({id, index, false});
        return {};
    }

    WrittenColumns take() {
        const auto to_column = [&](uint32_t& id) {
            if (id >= kOfStages) id = id - kOfStages + encoder_columns_;
        };
        for (auto& stage : out_.stages) std::ranges::for_each(stage.columns, to_column);
        for (auto& part : out_.matrix) to_column(part.column);
        return std::move(out_);
    }

private:
    const frame::Type& type_of(uint32_t feature) const {
        return program_.expressions[program_.features[feature].expression].type;
    }

    Status add_bare(uint32_t index, const Written& written) {
        auto chosen =
            choose_encoder(written.name, lesson_.facts[written.feature], lesson_.taste, out_.notes);
        if (!chosen.ok()) return std::move(chosen).status().at(written.place);
        if (!*chosen) return {};
        score::FittedEncoder encoder = **std::move(chosen);
        encoder.feature = written.feature;
        const bool is_category = encoder.kind == "category";
        const auto bound = TRY(bind(encoder));
        for (const uint32_t id : keep(std::move(encoder), bound.columns.size())) {
            out_.matrix.push_back({id, index, is_category});
        }
        return {};
    }

    Result<score::BoundEncoder> bind(const score::FittedEncoder& encoder) const {
        const auto* kind = TRY(Registry<score::Encoder>::of_kind().find(encoder.kind));
        return kind->bind(type_of(encoder.feature), encoder.learned);
    }

    std::vector<uint32_t> keep(score::FittedEncoder encoder, size_t column_count) {
        std::vector<uint32_t> ids(column_count);
        std::iota(ids.begin(), ids.end(), encoder_columns_);
        encoder_columns_ += static_cast<uint32_t>(column_count);
        out_.encoders.push_back(std::move(encoder));
        out_.encoder_written.push_back(index_);
        return ids;
    }

    // `wants_values`: something is fitted on these columns.
    Result<Columns> fit(const Written& written, bool wants_values) {
        if (written.transform.empty()) return number(written);
        const auto* transform = TRY(Registry<Transform>::of_kind().find(written.transform));
        if (transform->is_of_columns()) return fit_stage(*transform, written, wants_values);
        return fit_encoder(*transform, written, wants_values);
    }

    // A feature as numbers, for stages to read.
    Result<Columns> number(const Written& written) {
        score::FittedEncoder encoder{
            .kind = "numeric", .feature = written.feature, .learned = {}, .name = {}};
        const auto bound = TRY(bind(encoder));
        Columns columns{.ids = {}, .names = {written.name}, .values = {}, .may_miss = {1}};
        columns.values = encode(bound, lesson_.columns[written.feature]);
        const auto known = numbers_.find(written.feature);
        if (known != numbers_.end()) {
            columns.ids = {known->second};
        } else {
            columns.ids = keep(std::move(encoder), 1);
            numbers_[written.feature] = columns.ids[0];
        }
        return columns;
    }

    TransformInput input_of(const Written& written) const {
        return {.task = lesson_.task,
                .class_count = static_cast<int32_t>(lesson_.classes.size()),
                .targets = lesson_.targets,
                .classes = lesson_.classes,
                .settings = written.settings,
                .seed = lesson_.seed};
    }

    Result<Columns> fit_encoder(const Transform& transform, const Written& written,
                                bool wants_values) {
        const Written& argument = written.arguments[0];
        const auto& values = lesson_.columns[argument.feature];
        TransformInput input = input_of(written);
        input.feature = &values;
        input.rows = all_rows_;
        FittedTransform fitted = TRY(transform.fit(input));
        // "city=Paris" says it all; "one_hot(city)=Paris" would say it twice.
        const std::string& name = written.has_alias ? written.name : argument.name;
        score::FittedEncoder encoder{.kind = fitted.kind,
                                     .feature = argument.feature,
                                     .learned = std::move(fitted.learned),
                                     .name = name};
        const auto bound = TRY(bind(encoder));
        Columns columns;
        for (const auto& suffix : bound.columns) columns.names.push_back(name + suffix);
        if (wants_values) columns.values = encode(bound, values);
        frame::Column nothing(values.type());
        nothing.append_null();
        for (const double value : encode(bound, nothing))
            columns.may_miss.push_back(std::isnan(value));
        const auto index = static_cast<uint32_t>(out_.encoders.size());
        columns.ids = keep(encoder, bound.columns.size());
        if (transform.is_cross_fitted) {
            TRY(cross_fit(transform, input, encoder, index, wants_values ? &columns : nullptr));
        }
        return columns;
    }

    // The same on the rows outside of each fold, for the rows inside of it.
    Status cross_fit(const Transform& transform, TransformInput input, score::FittedEncoder encoder,
                     uint32_t index, Columns* columns) {
        if (out_.cross.fold.empty()) {
            out_.cross.fold = draw_folds(lesson_);
            out_.cross.learned.resize(kCrossFolds);
        }
        const auto& fold = out_.cross.fold;
        for (size_t k = 0; k < kCrossFolds; ++k) {
            std::vector<uint32_t> outside;
            for (const uint32_t row : all_rows_)
                if (fold[row] != k) outside.push_back(row);
            input.rows = outside;
            encoder.learned = TRY(transform.fit(input)).learned;
            out_.cross.learned[k][index] = encoder.learned;
            const auto bound = TRY(bind(encoder));
            if (columns == nullptr) continue;
            const auto values = encode(bound, *input.feature);
            const size_t width = columns->count();
            for (const uint32_t row : all_rows_) {
                if (fold[row] != k) continue;
                std::copy_n(&values[row * width], width, &columns->values[row * width]);
            }
        }
        return {};
    }

    Result<Columns> fit_stage(const Transform& transform, const Written& written,
                              bool wants_values) {
        std::vector<Columns> arguments;
        for (const auto& argument : written.arguments)
            arguments.push_back(TRY(fit(argument, true)));
        Columns from = arguments.size() == 1 ? std::move(arguments[0]) : join(arguments);
        TransformInput input = input_of(written);
        input.values = from.values;
        input.names = from.names;
        FittedTransform fitted = TRY(transform.fit(input));
        return add_stage({.kind = fitted.kind,
                          .columns = from.ids,
                          .name = written.name,
                          .learned = std::move(fitted.learned)},
                         from, wants_values);
    }

    static Columns join(const std::vector<Columns>& parts) {
        Columns all;
        for (const auto& part : parts) {
            all.ids.insert(all.ids.end(), part.ids.begin(), part.ids.end());
            all.names.insert(all.names.end(), part.names.begin(), part.names.end());
            all.may_miss.insert(all.may_miss.end(), part.may_miss.begin(), part.may_miss.end());
        }
        const size_t row_count = parts[0].values.size() / parts[0].count();
        all.values.reserve(row_count * all.count());
        for (size_t row = 0; row < row_count; ++row) {
            for (const auto& part : parts) {
                const auto first = part.values.begin() + std::ptrdiff_t(row * part.count());
                all.values.insert(all.values.end(), first, first + std::ptrdiff_t(part.count()));
            }
        }
        return all;
    }

    Result<Columns> add_stage(score::FittedStage stage, const Columns& from, bool wants_values) {
        const auto* kind = TRY(Registry<score::Stage>::of_kind().find(stage.kind));
        const auto bound = TRY(kind->bind(from.names, stage.learned));
        Columns columns;
        for (const auto& suffix : bound.columns) {
            columns.names.push_back(stage.name + suffix);
            columns.ids.push_back(kOfStages + stage_columns_++);
        }
        if (wants_values) columns.values = run(bound, from.values, from.count());
        std::vector<double> least(from.count());
        for (size_t i = 0; i < least.size(); ++i)
            least[i] = from.may_miss[i] != 0 ? std::nan("") : 0;
        for (const double value : run(bound, least, least.size()))
            columns.may_miss.push_back(std::isnan(value));
        out_.stages.push_back(std::move(stage));
        out_.stage_written.push_back(index_);
        return columns;
    }

    // A stage's columns of rows of `width` numbers.
    static std::vector<double> run(const score::BoundStage& stage, const std::vector<double>& from,
                                   size_t width) {
        const size_t added = stage.columns.size(), row_count = from.size() / width;
        std::vector<uint32_t> places(width);
        std::iota(places.begin(), places.end(), 0u);
        std::vector<double> block(frame::kBatchRowsMax * (width + added)), out(row_count * added);
        for (size_t first = 0; first < row_count; first += frame::kBatchRowsMax) {
            const size_t count = std::min(frame::kBatchRowsMax, row_count - first);
            for (size_t i = 0; i < count; ++i)
                std::copy_n(&from[(first + i) * width], width, &block[i * (width + added)]);
            stage.apply(stage.prepared.get(), {block.data(), width + added, count, places, width});
            for (size_t i = 0; i < count; ++i)
                std::copy_n(&block[i * (width + added) + width], added, &out[(first + i) * added]);
        }
        return out;
    }

    // Learners that need every value finite get the mean where a transform leaves one out.
    Status fill(Columns& columns) {
        const size_t width = columns.count();
        for (size_t c = 0; c < width; ++c) {
            if (columns.may_miss[c] == 0) continue;
            double sum = 0, count = 0;
            for (size_t at = c; at < columns.values.size(); at += width) {
                if (!std::isfinite(columns.values[at])) continue;
                sum += columns.values[at];
                ++count;
            }
            const Columns one{.ids = {columns.ids[c]},
                              .names = {columns.names[c]},
                              .values = {},
                              .may_miss = {1}};
            const std::vector<double> mean = {count > 0 ? sum / count : 0};
            score::FittedStage stage{.kind = "impute",
                                     .columns = one.ids,
                                     .name = columns.names[c],
                                     .learned = {{"fill", mean}}};
            columns.ids[c] = TRY(add_stage(std::move(stage), one, false)).ids[0];
        }
        return {};
    }

    const score::Program& program_;
    const LessonValues& lesson_;
    std::vector<uint32_t> all_rows_;
    WrittenColumns out_;
    uint32_t index_ = 0;  // of what is being added
    uint32_t encoder_columns_ = 0, stage_columns_ = 0;
    std::map<uint32_t, uint32_t> numbers_;  // by feature: its column as a number
};

}  // namespace

Result<WrittenColumns> fit_columns(const score::Program& program,
                                   const std::vector<Written>& written,
                                   const LessonValues& lesson) {
    Fitting fitting(program, lesson);
    Status faults;
    for (uint32_t i = 0; i < written.size(); ++i) faults.also(fitting.add(i, written[i]));
    TRY(std::move(faults));
    return fitting.take();
}

std::vector<uint8_t> features_of_transforms(const std::vector<Written>& written,
                                            size_t feature_count) {
    std::vector<uint8_t> is_read(feature_count);
    const auto mark = [&](const auto& self, const Written& one) -> void {
        for (const auto& argument : one.arguments) {
            if (argument.transform.empty()) is_read[argument.feature] = 1;
            self(self, argument);
        }
    };
    for (const auto& one : written) mark(mark, one);
    return is_read;
}

}  // namespace quern::train

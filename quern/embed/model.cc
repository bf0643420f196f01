#include <new>

#include "quern/base/json.h"
#include "quern/base/version.h"
#include "quern/embed/handle.h"

namespace quern::embed {
namespace {

thread_local std::string last_error;

quern_code code_of(Code code) {
    switch (code) {
        case Code::ok:
            return QUERN_OK;
        case Code::not_found:
            return QUERN_NOT_FOUND;
        case Code::corrupt:
            return QUERN_CORRUPT;
        case Code::failed_precondition:
            return QUERN_ROW_FAILED;
        case Code::resource_exhausted:
            return QUERN_NO_MEMORY;
        case Code::internal:
            return QUERN_INTERNAL;
        default:
            return QUERN_INVALID_ARGUMENT;
    }
}

std::string description_of(const score::Program& program,
                           const std::vector<std::string>& output_names) {
    JsonWriter json;
    const bool is_classify = program.task == score::Task::classify;
    json.begin_object().field("model", program.model_name);
    json.field("task", is_classify ? "classify" : "regress").field("target", program.target);
    json.key("inputs").begin_array();
    for (const auto& input : program.inputs) {
        json.begin_object().field("name", input.name).field("type", input.type.text());
        json.field("nullable", input.is_nullable).end_object();
    }
    json.end_array().key("outputs").begin_array();
    for (const auto& name : output_names) json.value(name);
    json.end_array().key("classes").begin_array();
    for (const auto& name : program.classes) json.value(name);
    return json.end_array().end_object().take();
}

std::vector<std::string> output_names_of(const score::Program& program) {
    if (program.task == score::Task::regress) return {"prediction"};
    std::vector<std::string> names;
    for (const auto& name : program.classes) names.push_back("probability_" + name);
    return names;
}

}  // namespace

Desks::Loan Desks::lend() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            auto desk = std::move(idle_.back());
            idle_.pop_back();
            return Loan(*this, std::move(desk));
        }
    }
    return Loan(*this, std::make_unique<Desk>(*scorer_, options_));
}

void Desks::take_back(std::unique_ptr<Desk> desk) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(desk));
}

quern_code answer_of(const Status& status) {
    if (status.ok()) return QUERN_OK;
    last_error = status.text();
    return code_of(status.code());
}

quern_code answer_of_exception() {
    try {
        throw;
    } catch (const std::bad_alloc&) {
        last_error = "out of memory";
        return QUERN_NO_MEMORY;
    } catch (const std::exception& error) {
        last_error = error.what();
        return QUERN_INTERNAL;
    }
}

}  // namespace quern::embed

using namespace quern;

quern_model::quern_model(score::Scorer of)
    : scorer(std::move(of)),
      output_names(embed::output_names_of(scorer.program())),
      description(embed::description_of(scorer.program(), output_names)),
      rows(scorer, {.extra_fields = score::ReadOptions::Extra::ignore, .row_count_max = 1}),
      batches(scorer, {.extra_fields = score::ReadOptions::Extra::ignore}) {}

uint32_t quern_abi() { return QUERN_SCORE_ABI; }
const char* quern_version() {
    static const std::string text(version());
    return text.c_str();
}
const char* quern_last_error() { return embed::last_error.c_str(); }

quern_code quern_load(const char* path, quern_model** out) {
    return embed::answer([&]() -> Status {
        if (path == nullptr || out == nullptr) return invalid_argument("quern_load: NULL given");
        *out = nullptr;
        auto scorer = TRY(score::Scorer::open(path));
        const auto& lookups = scorer.program().lookups;
        if (!lookups.empty()) {
            return unimplemented("this model reads the table '" + lookups[0].table +
                                 "' by key; an embedded model has no tables")
                .hint("score it with `quern score` or `quern serve`");
        }
        *out = new quern_model(std::move(scorer));
        return {};
    });
}

void quern_free(quern_model* model) { delete model; }

const char* quern_describe(const quern_model* model) { return model->description.c_str(); }
size_t quern_input_count(const quern_model* model) { return model->scorer.program().inputs.size(); }
size_t quern_output_count(const quern_model* model) { return model->output_names.size(); }
const char* quern_output_name(const quern_model* model, size_t output) {
    return output < model->output_names.size() ? model->output_names[output].c_str() : nullptr;
}
const char* quern_class_name(const quern_model* model, uint32_t label) {
    const auto& classes = model->scorer.program().classes;
    return label < classes.size() ? classes[label].c_str() : nullptr;
}
size_t quern_source_count(const quern_model* model) { return model->scorer.sources().size(); }
const char* quern_source_name(const quern_model* model, size_t source) {
    const auto& sources = model->scorer.sources();
    return source < sources.size() ? sources[source].c_str() : nullptr;
}

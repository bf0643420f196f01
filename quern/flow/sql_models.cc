#include "quern/flow/sql_models.h"

#include <algorithm>

#include "quern/base/text.h"
#include "quern/project/sql_text.h"
#include "quern/score/lookup_inputs.h"
#include "quern/score/request.h"
#include "quern/sql/scalar_function.h"
#include "quern/store/artifacts.h"
#include "quern/store/models.h"
#include "quern/store/snapshots.h"

namespace quern::flow {
namespace {

bool is_name(std::string_view text) {
    for (size_t at = 0; at < text.size();) {
        const size_t end = project::skip_one_piece(text, at);
        const char c = text[at];
        const bool is_word = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_word && c != '"' && c != '.') return false;
        at = end;
    }
    return true;
}

std::vector<size_t> arguments_of(const score::Program& program) {
    const auto are_used = score::inputs_used(program);
    std::vector<size_t> arguments;
    for (size_t i = 0; i < program.asked().size(); ++i) {
        if (are_used[i] != 0) arguments.push_back(i);
    }
    return arguments;
}

// "predict(income v3)"(c."age", c."city")
std::string call_text(const ModelCall& call, const std::string& function,
                      const score::Program& program) {
    const std::string row = call.row.empty()    ? ""
                            : is_name(call.row) ? call.row + "."
                                                : "(" + call.row + ").";
    std::string list;
    const auto takes_json = score::takes_json(program);
    for (const size_t i : arguments_of(program)) {
        const auto& input = program.inputs[i];
        const std::string column = row + quote_identifier(input.name);
        list += list.empty() ? "" : ", ";
        if (takes_json[i])  // lists, structs and maps, or texts that hold them
            list += "if(typeof(" + column + ") in ('VARCHAR', 'JSON'), " + column +
                    "::varchar, to_json(" + column + ")::varchar)";
        else
            list += column + (input.type.id == frame::TypeId::other ? "::varchar" : "");
    }
    return quote_identifier(function) + "(" + list + ")";
}

// Scores batches for SQL; one a thread.
class Worker {
public:
    enum class Gives : uint8_t { outputs, label, contributions, interactions };
    Worker(std::shared_ptr<const score::Scorer> scorer, Gives gives)
        : scorer_(std::move(scorer)),
          scratch_(*scorer_),
          arguments_(arguments_of(scorer_->program())),
          gives_(gives),
          nothing_(frame::kBatchRowsMax * sizeof(frame::int128)),
          no_validity_(frame::kBatchRowsMax / 64) {
        for (const auto& input : scorer_->program().asked()) {
            columns_.push_back({input.type, nothing_.data(), no_validity_.data(), 0});
        }
    }

    Status run(const frame::BatchView& batch, sql::FunctionValues& out) {
        for (size_t i = 0; i < arguments_.size(); ++i) {
            auto& column = columns_[arguments_[i]];
            column.data = batch.columns[i].data;
            column.validity = batch.columns[i].validity;
        }
        for (auto& column : columns_) column.row_count = batch.row_count;
        TRY(scorer_->score({columns_, batch.row_count}, scratch_, predictions_));
        if (predictions_.failed_count > 0) {
            const auto failed = std::ranges::find(predictions_.is_failed, 1);
            return scorer_->row_error(static_cast<size_t>(failed - predictions_.is_failed.begin()),
                                      scratch_);
        }
        if (gives_ == Gives::contributions) return explain(out);
        if (gives_ == Gives::interactions) return interact(out);
        if (gives_ == Gives::label) return label(out);
        out.numbers.swap(predictions_.outputs);
        return {};
    }

private:
    Status label(sql::FunctionValues& out) const {
        out.texts.resize(predictions_.row_count);
        for (size_t row = 0; row < predictions_.row_count; ++row) {
            out.texts[row] = scorer_->program().classes[predictions_.labels[row]];
        }
        return {};
    }

    Status explain(sql::FunctionValues& out) {
        TRY(scorer_->explain(scratch_, explanations_));
        const size_t count = explanations_.source_count;
        out.numbers.resize(explanations_.row_count * (count + 1));
        for (size_t row = 0; row < explanations_.row_count; ++row) {
            const size_t raw = explanations_.raw_of(predictions_, row);
            double* to = out.numbers.data() + row * (count + 1);
            for (size_t i = 0; i < count; ++i) to[i] = explanations_.contribution(row, raw, i);
            to[count] = explanations_.expected[raw];
        }
        return {};
    }

    Status interact(sql::FunctionValues& out) {
        out.numbers.clear();
        for (size_t row = 0; row < predictions_.row_count; ++row) {
            TRY(scorer_->interact(scratch_, row, pairs_));
            const size_t raw = pairs_.raw_of(predictions_, row);
            pairs_.for_each(raw, [&](double value) { out.numbers.push_back(value); });
            out.numbers.push_back(pairs_.expected[raw]);
        }
        return {};
    }

    std::shared_ptr<const score::Scorer> scorer_;
    score::Scratch scratch_;
    score::Predictions predictions_;
    score::Explanations explanations_;
    score::Interactions pairs_;
    std::vector<size_t> arguments_;  // inputs
    Gives gives_;
    std::vector<std::byte> nothing_;     // stands for the inputs that nobody reads
    std::vector<uint64_t> no_validity_;  // all NULL
    std::vector<frame::ColumnView> columns_;
};

sql::ScalarFunction function_of(const ModelCall& call, std::string name,
                                std::shared_ptr<const score::Scorer> scorer) {
    const auto& program = scorer->program();
    const bool is_classifier = program.task == score::Task::classify;
    using Gives = Worker::Gives;
    const Gives gives = call.function == "explain"                    ? Gives::contributions
                        : call.function == "explain_interactions"     ? Gives::interactions
                        : call.function == "predict" && is_classifier ? Gives::label
                                                                      : Gives::outputs;
    sql::ScalarFunction function;
    function.name = std::move(name);
    for (const size_t i : arguments_of(program)) {
        function.arguments.push_back({program.inputs[i].name, program.inputs[i].type});
    }
    if (call.function != "predict") {
        function.gives = sql::ScalarFunction::Gives::map;
        function.names = gives == Gives::contributions ? scorer->sources()
                         : gives == Gives::interactions
                             ? score::interaction_names(scorer->sources())
                             : program.classes;
        if (gives != Gives::outputs) function.names.push_back("base_score");
    } else if (gives == Gives::label) {
        function.gives = sql::ScalarFunction::Gives::text;
    }
    function.make_worker = [scorer = std::move(scorer), gives]() -> sql::ScalarFunction::Call {
        const auto worker = std::make_shared<Worker>(scorer, gives);
        return [worker](const frame::BatchView& batch, sql::FunctionValues& out) {
            return worker->run(batch, out);
        };
    };
    return function;
}

}  // namespace

Result<const SqlModels::Opened*> SqlModels::open(const ModelCall& call) {
    const auto known = opened_.find(call.model);
    if (known != opened_.end()) return &known->second;
    const auto name = TRY(store::parse_model_name(call.model));
    auto& store = *workspace_.store;
    const auto version = TRY(store::Models(store).find(name));
    const auto file =
        TRY(score::Scorer::open(store::artifact_path(store.layout(), version.artifact)));
    Opened opened;
    opened.label = version.model + " v" + std::to_string(version.version);
    opened.scorer = std::make_shared<score::Scorer>(TRY(store::Snapshots(store).attach(file)));
    return &opened_.emplace(call.model, std::move(opened)).first->second;
}

Result<std::string> SqlModels::text_for(sql::Session& session, const ModelCall& call,
                                        const sql::PlaceOf& place) {
    auto opened = open(call);
    if (!opened.ok()) return sql::placed(std::move(opened).status(), place, call.model_offset);
    const auto& scorer = (*opened)->scorer;
    const auto& program = scorer->program();
    if (call.function == "predict_proba" && program.task != score::Task::classify) {
        return sql::placed(invalid_argument("'" + call.model +
                                            "' predicts numbers, which have no probability"),
                           place, call.begin)
            .hint("write predict('" + call.model + "')");
    }
    if (call.function == "explain_interactions") {
        auto status = scorer->can_interact();
        if (!status.ok()) return sql::placed(std::move(status), place, call.begin);
    }
    const std::string name = call.function + "(" + (*opened)->label + ")";
    if (functions_.insert(name).second) {
        TRY(sql::add_function(session, function_of(call, name, scorer)));
    }
    return call_text(call, name, program);
}

Result<sql::ExpandedSql> SqlModels::prepare(sql::Session& session, std::string_view sql,
                                            const std::vector<ModelCall>& calls,
                                            const sql::PlaceOf& place) {
    return replace_model_calls(
        sql, calls, [&](const ModelCall& call) { return text_for(session, call, place); });
}

Result<sql::ExpandedSql> SqlModels::prepare(sql::Session& session, std::string_view sql,
                                            const sql::PlaceOf& place) {
    const std::string lower = lower_ascii(sql);
    const bool may_call =
        lower.find("predict") != std::string::npos || lower.find("explain") != std::string::npos;
    std::vector<ModelCall> calls;
    if (may_call) {
        const auto syntax = sql::parse_select(session, sql, place);
        if (syntax.ok()) calls = TRY(find_model_calls(sql, syntax->model_calls, place));
    }
    return prepare(session, sql, calls, place);
}

}  // namespace quern::flow

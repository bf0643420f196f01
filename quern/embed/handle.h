// What stands behind the handles of quern_score.h.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "quern/base/status.h"
#include "quern/embed/quern_score.h"
#include "quern/score/request.h"
#include "quern/score/scorer.h"

namespace quern::embed {

// One thread's memory for scoring batches of up to so many rows.
struct Desk {
    Desk(const score::Scorer& scorer, const score::ReadOptions& options)
        : reader(scorer.program(), options), scratch(scorer, options.row_count_max) {}
    score::RowReader reader;
    score::Scratch scratch;
    score::Predictions predictions;
    score::Explanations explanations;
    score::Interactions pairs;
};

// Desks that are lent to whoever scores and come back: as many as there are calls at once.
class Desks {
public:
    Desks(const score::Scorer& scorer, const score::ReadOptions& options)
        : scorer_(&scorer), options_(options) {}

    class Loan {
    public:
        Loan(Desks& desks, std::unique_ptr<Desk> desk) : desks_(desks), desk_(std::move(desk)) {}
        ~Loan() { desks_.take_back(std::move(desk_)); }
        Desk* operator->() const { return desk_.get(); }
        Desk& operator*() const { return *desk_; }

    private:
        Desks& desks_;
        std::unique_ptr<Desk> desk_;
    };
    Loan lend();

private:
    void take_back(std::unique_ptr<Desk> desk);

    const score::Scorer* scorer_;
    score::ReadOptions options_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Desk>> idle_;
};

// Keeps what went wrong for quern_last_error.
quern_code answer_of(const Status& status);
quern_code answer_of_exception();  // of the one that is being handled

// Calls `work` and lets no exception out.
template <class Work>
quern_code answer(const Work& work) {
    try {
        return answer_of(work());
    } catch (const std::exception&) {
        return answer_of_exception();
    }
}

}  // namespace quern::embed

struct quern_model {
    explicit quern_model(quern::score::Scorer of);
    quern::score::Scorer scorer;
    std::vector<std::string> output_names;
    std::string description;  // JSON
    mutable quern::embed::Desks rows, batches;
};

#include "quern/evaluate/gate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "quern/base/nearest.h"
#include "quern/base/text.h"

namespace quern::evaluate {
namespace {

// Facts of a built model that are no metric of predictions.
constexpr std::array<std::string_view, 5> kMeasures = {"davies_bouldin", "mean_squared_distance",
                                                       "p99_us", "silhouette", "size_bytes"};

struct Sign {
    std::string_view text;
    Comparison comparison;
};
constexpr std::array<Sign, 4> kSigns = {{{">=", Comparison::at_least},
                                         {"<=", Comparison::at_most},
                                         {">", Comparison::above},
                                         {"<", Comparison::below}}};

std::string_view sign_text(Comparison comparison) {
    return std::ranges::find(kSigns, comparison, &Sign::comparison)->text;
}

bool holds(Comparison comparison, double value, double bound) {
    switch (comparison) {
        case Comparison::at_least:
            return value >= bound;
        case Comparison::above:
            return value > bound;
        case Comparison::at_most:
            return value <= bound;
        case Comparison::below:
            return value < bound;
    }
    return false;
}

std::string number_text(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.6g", value);
    return text.data();
}

Status bad_gate(std::string_view text, std::string_view why) {
    return invalid_argument("gate '" + std::string(text) + "' " + std::string(why))
        .hint("write it as `roc_auc >= 0.75` or `roc_auc >= champion - 0.005`");
}

bool read_number(std::string_view text, double& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
}

bool read_bound(std::string_view text, Gate& gate) {
    constexpr std::string_view kChampion = "champion";
    if (!text.starts_with(kChampion)) return read_number(text, gate.bound);
    gate.is_against_champion = true;
    text = trim(text.substr(kChampion.size()));
    if (text.empty()) return true;
    const bool is_minus = text.front() == '-';
    if (!is_minus && text.front() != '+') return false;
    if (!read_number(trim(text.substr(1)), gate.bound) || gate.bound < 0) return false;
    if (is_minus) gate.bound = -gate.bound;
    return true;
}

Status check_metric(const std::string& name) {
    auto names = Registry<Metric>::of_kind().names();
    names.insert(names.end(), kMeasures.begin(), kMeasures.end());
    std::ranges::sort(names);
    if (std::ranges::find(names, name) != names.end()) return {};
    return unknown_name(Metric::kind, name, names);
}

const Estimate* find_estimate(std::span<const Estimate> estimates, std::string_view metric) {
    const auto found = std::ranges::find(estimates, metric, &Estimate::metric);
    return found == estimates.end() ? nullptr : &*found;
}

}  // namespace

Result<Gate> parse_gate(std::string_view text) {
    text = trim(text);
    const size_t at = text.find_first_of("<>");
    if (at == std::string_view::npos) return bad_gate(text, "has no >=, >, <= or <");
    const auto sign = std::ranges::find_if(
        kSigns, [&](const Sign& known) { return text.substr(at).starts_with(known.text); });
    Gate gate{.text = std::string(text),
              .metric = std::string(trim(text.substr(0, at))),
              .comparison = sign->comparison};
    if (gate.metric.empty()) return bad_gate(text, "names no metric");
    TRY(check_metric(gate.metric));
    if (!read_bound(trim(text.substr(at + sign->text.size())), gate)) {
        return bad_gate(text, "must end in a number, or in champion + or - a number");
    }
    return gate;
}

GateResult check_gate(const Gate& gate, std::span<const Estimate> measured,
                      const std::vector<Estimate>* champion) {
    const Estimate* mine = find_estimate(measured, gate.metric);
    if (mine == nullptr || std::isnan(mine->value)) {
        return {false, gate.metric + " was not measured: failed"};
    }
    double bound = gate.bound;
    std::string against = number_text(bound);
    if (gate.is_against_champion) {
        if (champion == nullptr) return {true, gate.text + ": passed, there is no champion yet"};
        const Estimate* theirs = find_estimate(*champion, gate.metric);
        if (theirs == nullptr || std::isnan(theirs->value)) {
            return {true, gate.text + ": passed, it was not measured of the champion"};
        }
        bound += theirs->value;
        against = number_text(bound) + " (champion " + number_text(theirs->value) + ")";
    }
    const bool passed = holds(gate.comparison, mine->value, bound);
    return {passed, gate.metric + " " + number_text(mine->value) + " " +
                        std::string(sign_text(gate.comparison)) + " " + against + ": " +
                        (passed ? "passed" : "failed")};
}

}  // namespace quern::evaluate

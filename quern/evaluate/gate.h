// Gates: the conditions a model must meet to be published.
//     roc_auc >= 0.75      mae < 1200      roc_auc >= champion - 0.005      p99_us <= 50
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "quern/base/status.h"
#include "quern/evaluate/metric.h"

namespace quern::evaluate {

enum class Comparison : uint8_t { at_least, above, at_most, below };

struct Gate {
    std::string text;  // as written
    std::string metric;
    Comparison comparison = Comparison::at_least;
    bool is_against_champion = false;
    double bound = 0;  // or the distance added to the champion's value
};

// Knows every metric of the registry and the measures of a built model: p99_us, size_bytes.
Result<Gate> parse_gate(std::string_view text);

struct GateResult {
    bool passed = false;
    std::string words;  // "roc_auc 0.9274 >= 0.75: passed"
};

// `champion` is null when nothing is published yet: a gate against it passes and says so. A metric
// that was not measured fails its gate.
GateResult check_gate(const Gate& gate, std::span<const Estimate> measured,
                      const std::vector<Estimate>* champion);

}  // namespace quern::evaluate

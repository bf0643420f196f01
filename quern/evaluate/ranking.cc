#include "quern/evaluate/ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace quern::evaluate {
namespace {

// Calls visit(first, last, positive weight, negative weight) for each run of equal scores.
template <class Visit>
void for_each_tie(const Ranked& ranked, Visit visit) {
    const auto order = ranked.order;
    for (size_t first = 0; first < order.size();) {
        const double score = ranked.score(order[first]);
        double positives = 0, negatives = 0;
        size_t last = first;
        for (; last < order.size() && ranked.score(order[last]) == score; ++last) {
            const double weight = ranked.judged->weight(order[last]);
            (ranked.is_positive(order[last]) ? positives : negatives) += weight;
        }
        visit(first, last, positives, negatives);
        first = last;
    }
}

void sort_rows(const Judged& judged, size_t column, size_t stride, std::span<uint32_t> order) {
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
        const double left = judged.probabilities[a * stride + column];
        const double right = judged.probabilities[b * stride + column];
        return left != right ? left > right : a < b;
    });
}

}  // namespace

size_t probability_columns(const Judged& judged) {
    return judged.is_binary() ? 1 : static_cast<size_t>(judged.class_count);
}

int32_t class_of_column(const Judged& judged, size_t column) {
    return judged.is_binary() ? 1 : static_cast<int32_t>(column);
}

std::vector<uint32_t> rank_rows(const Judged& judged) {
    const size_t columns = probability_columns(judged), rows = judged.row_count();
    std::vector<uint32_t> ranking(rows * columns);
    for (size_t column = 0; column < columns; ++column) {
        sort_rows(judged, column, columns, std::span(ranking).subspan(column * rows, rows));
    }
    return ranking;
}

Ranked rank_class(const Judged& judged, size_t column, std::vector<uint32_t>& order) {
    const size_t rows = judged.row_count();
    Ranked ranked{.judged = &judged,
                  .positive = class_of_column(judged, column),
                  .stride = probability_columns(judged),
                  .offset = column,
                  .order = {}};
    if (judged.ranking.empty()) {
        order.resize(rows);
        sort_rows(judged, column, ranked.stride, order);
        ranked.order = order;
    } else {
        ranked.order = judged.ranking.subspan(column * rows, rows);
    }
    for (size_t row = 0; row < rows; ++row) {
        (ranked.is_positive(row) ? ranked.positive_weight : ranked.negative_weight) +=
            judged.weight(row);
    }
    return ranked;
}

double roc_area(const Ranked& ranked) {
    double above = 0, pairs = 0;
    for_each_tie(ranked, [&](size_t, size_t, double positives, double negatives) {
        pairs += negatives * (above + positives / 2);
        above += positives;
    });
    return pairs / (ranked.positive_weight * ranked.negative_weight);
}

double average_precision(const Ranked& ranked) {
    double found = 0, chosen = 0, area = 0;
    for_each_tie(ranked, [&](size_t, size_t, double positives, double negatives) {
        found += positives;
        chosen += positives + negatives;
        if (positives > 0) area += positives / ranked.positive_weight * (found / chosen);
    });
    return area;
}

void add_influence(const Ranked& ranked, double area, double share,
                   std::vector<double>& influence) {
    double positive_count = 0, negative_count = 0;
    for (const uint32_t row : ranked.order) {
        if (ranked.judged->weight(row) == 0) continue;
        ++(ranked.is_positive(row) ? positive_count : negative_count);
    }
    // As DeLong's sample variances divide by n - 1, not n.
    const auto unbias = [](double count) { return std::sqrt(count / std::max(1.0, count - 1)); };
    const double positive_share = share * unbias(positive_count) / ranked.positive_weight;
    const double negative_share = share * unbias(negative_count) / ranked.negative_weight;
    double positives_above = 0, negatives_above = 0;
    for_each_tie(ranked, [&](size_t first, size_t last, double positives, double negatives) {
        const double beaten =
            (ranked.negative_weight - negatives_above - negatives / 2) / ranked.negative_weight;
        const double beating = (positives_above + positives / 2) / ranked.positive_weight;
        for (size_t i = first; i < last; ++i) {
            const uint32_t row = ranked.order[i];
            const double weight = ranked.judged->weight(row);
            influence[row] += ranked.is_positive(row) ? weight * positive_share * (beaten - area)
                                                      : weight * negative_share * (beating - area);
        }
        positives_above += positives;
        negatives_above += negatives;
    });
}

}  // namespace quern::evaluate

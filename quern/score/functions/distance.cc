// How far texts are from each other, byte by byte as in DuckDB.
#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>

#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using Text = std::string_view;

// All of these take time, and some room, by the product of the sizes; a row that asks for more than
// about a second of it fails.
constexpr size_t kCellsMax = size_t{1} << 28;

bool is_too_long(Text a, Text b) { return (a.size() + 2) > kCellsMax / (b.size() + 2); }

// Room for numbers in the arena; given back at the end.
class Numbers {
public:
    Numbers(TextArena& arena, size_t count)
        : arena_(arena), size_((count + 1) * sizeof(int64_t)), bytes_(arena.allocate(size_)) {}
    Numbers(const Numbers&) = delete;
    Numbers& operator=(const Numbers&) = delete;
    ~Numbers() {
        if (bytes_ != nullptr) arena_.shrink_last(size_);
    }
    bool is_there() const { return bytes_ != nullptr; }
    int64_t* data() const {
        auto at = reinterpret_cast<uintptr_t>(bytes_);
        return reinterpret_cast<int64_t*>((at + alignof(int64_t) - 1) & ~(alignof(int64_t) - 1));
    }

private:
    TextArena& arena_;
    size_t size_;
    char* bytes_;
};

Row levenshtein(TextArena& arena, Text a, Text b, int64_t& out) {
    out = static_cast<int64_t>(std::max(a.size(), b.size()));
    if (a.empty() || b.empty()) return Row::value;
    if (is_too_long(a, b)) return Row::failed;
    Numbers room(arena, b.size() + 1);
    if (!room.is_there()) return Row::failed;
    int64_t* row = room.data();
    for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int64_t>(j);
    for (size_t i = 0; i < a.size(); ++i) {
        int64_t diagonal = row[0];
        row[0] = static_cast<int64_t>(i) + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            const int64_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
        }
    }
    out = row[b.size()];
    return Row::value;
}

// Lowrance and Wagner: neighbours that changed places count once. The table has a border of
// "never" before the row and column of the empty text.
Row damerau_levenshtein(TextArena& arena, Text a, Text b, int64_t& out) {
    const auto rows = static_cast<int64_t>(a.size()), columns = static_cast<int64_t>(b.size());
    out = std::max(rows, columns);
    if (a.empty() || b.empty()) return Row::value;
    if (is_too_long(a, b)) return Row::failed;
    Numbers room(arena, (a.size() + 2) * (b.size() + 2));
    if (!room.is_there()) return Row::failed;
    const auto cell = [table = room.data(), columns](int64_t i, int64_t j) -> int64_t& {
        return table[i * (columns + 2) + j];
    };
    const int64_t never = rows + columns + 1;
    for (int64_t i = 0; i <= rows + 1; ++i) cell(i, 0) = never, cell(i, 1) = i - 1;
    for (int64_t j = 0; j <= columns + 1; ++j) cell(0, j) = never, cell(1, j) = j - 1;
    cell(1, 0) = cell(0, 1) = never;
    std::array<int64_t, 256> last_row_of{};  // of each byte of `a`
    for (int64_t i = 0; i < rows; ++i) {
        const auto byte = static_cast<uint8_t>(a[static_cast<size_t>(i)]);
        int64_t last_column = 0;
        for (int64_t j = 0; j < columns; ++j) {
            const auto other = static_cast<uint8_t>(b[static_cast<size_t>(j)]);
            const int64_t from_row = last_row_of[other], from_column = last_column;
            if (byte == other) last_column = j + 1;
            cell(i + 2, j + 2) =
                std::min({cell(i + 1, j + 1) + (byte == other ? 0 : 1), cell(i + 2, j + 1) + 1,
                          cell(i + 1, j + 2) + 1,
                          cell(from_row, from_column) + (i - from_row) + 1 + (j - from_column)});
        }
        last_row_of[byte] = i + 1;
    }
    out = cell(rows + 1, columns + 1);
    return Row::value;
}

Row hamming(Text a, Text b, int64_t& out) {
    if (a.size() != b.size() || a.empty()) return Row::failed;
    out = 0;
    for (size_t i = 0; i < a.size(); ++i) out += a[i] != b[i];
    return Row::value;
}

std::bitset<256> bytes_of(Text text) {
    std::bitset<256> bytes;
    for (char c : text) bytes.set(static_cast<uint8_t>(c));
    return bytes;
}

Row jaccard(Text a, Text b, double& out) {
    if (a.empty() || b.empty()) return Row::failed;
    const auto in_a = bytes_of(a), in_b = bytes_of(b);
    out = static_cast<double>((in_a & in_b).count()) / static_cast<double>((in_a | in_b).count());
    return Row::value;
}

double jaro_of_counts(Text a, Text b, double common, double swapped) {
    return (common / static_cast<double>(a.size()) + common / static_cast<double>(b.size()) +
            (common - swapped) / common) /
           3.0;
}

// Each byte of `b` takes the first free equal byte of `a` near its own place; `swapped` counts the
// taken ones that come in another order.
Row jaro(TextArena& arena, Text a, Text b, double cutoff, double& out) {
    out = 0;
    if (a.empty() || b.empty()) return Row::value;
    const auto shorter = static_cast<double>(std::min(a.size(), b.size()));
    const double best =
        shorter / static_cast<double>(a.size()) + shorter / static_cast<double>(b.size()) + 1.0;
    if (!(best / 3.0 >= cutoff)) return Row::value;
    if (a.size() == 1 && b.size() == 1) {
        out = a[0] == b[0] ? 1 : 0;
        return Row::value;
    }
    if (is_too_long(a, b)) return Row::failed;
    const size_t longest = std::max(a.size(), b.size()), reach = longest / 2 - 1;
    char* marks = arena.allocate(a.size() + b.size());
    if (marks == nullptr) return Row::failed;
    std::fill_n(marks, a.size() + b.size(), char{0});
    char *taken = marks, *takes = marks + a.size();
    size_t common = 0;
    for (size_t j = 0; j < b.size(); ++j) {
        const size_t begin = j > reach ? j - reach : 0, end = std::min(a.size(), j + reach + 1);
        for (size_t i = begin; i < end; ++i) {
            if (taken[i] != 0 || a[i] != b[j]) continue;
            taken[i] = takes[j] = 1;
            ++common;
            break;
        }
    }
    size_t out_of_order = 0;
    for (size_t i = 0, j = 0; j < b.size(); ++j) {
        if (takes[j] == 0) continue;
        while (taken[i] == 0) ++i;
        out_of_order += a[i++] != b[j];
    }
    arena.shrink_last(a.size() + b.size());
    if (common == 0) return Row::value;
    const double similarity =
        jaro_of_counts(a, b, static_cast<double>(common), static_cast<double>(out_of_order / 2));
    out = similarity >= cutoff ? similarity : 0;
    return Row::value;
}

// More for up to four equal bytes at the front, when the texts are alike at all.
Row jaro_winkler(TextArena& arena, Text a, Text b, double cutoff, double& out) {
    size_t prefix = 0;
    while (prefix < std::min({a.size(), b.size(), size_t{4}}) && a[prefix] == b[prefix]) ++prefix;
    const double weight = static_cast<double>(prefix) * 0.1;
    double jaro_cutoff = cutoff;
    if (jaro_cutoff > 0.7)
        jaro_cutoff = weight >= 1.0 ? 0.7 : std::max(0.7, (weight - jaro_cutoff) / (weight - 1.0));
    if (jaro(arena, a, b, jaro_cutoff, out) == Row::failed) return Row::failed;
    if (out > 0.7) out += weight * (1.0 - out);
    if (!(out >= cutoff)) out = 0;
    return Row::value;
}

// DuckDB walks along the constant text when only the second is one.
bool is_turned(const Signature& signature) {
    return signature.constants[0] == nullptr && signature.constants[1] != nullptr;
}

using Similarity = Row (*)(TextArena&, Text, Text, double, double&);

template <Similarity f, bool is_turned>
void similarity_rows(const Call& call) {
    const auto of = [&](Text a, Text b, double cutoff, double& out) {
        return is_turned ? f(call.texts, b, a, cutoff, out) : f(call.texts, a, b, cutoff, out);
    };
    if (call.arguments.size() == 3) return map_rows<double, Text, Text, double>(call, of);
    map_rows<double, Text, Text>(call,
                                 [&](Text a, Text b, double& out) { return of(a, b, 0, out); });
}

template <Similarity f>
Result<BoundFunction> bind_similarity(const Signature& signature) {
    if (!fits<double, Text, Text>(signature) && !fits<double, Text, Text, double>(signature))
        return no_overload(signature);
    return BoundFunction{
        is_turned(signature) ? similarity_rows<f, true> : similarity_rows<f, false>, nullptr};
}

template <Row (*f)(TextArena&, Text, Text, int64_t&)>
Result<BoundFunction> bind_distance(const Signature& signature) {
    if (!fits<int64_t, Text, Text>(signature)) return no_overload(signature);
    return BoundFunction{[](const Call& call) {
                             map_rows<int64_t, Text, Text>(call, [&](Text a, Text b, int64_t& out) {
                                 return f(call.texts, a, b, out);
                             });
                         },
                         nullptr};
}

}  // namespace

QUERN_ROW_FUNCTION("levenshtein", "Fewest bytes to insert, delete or change from one to the other.",
                   "levenshtein('quern', 'queen') = 1", bind_distance<levenshtein>);
QUERN_ROW_FUNCTION("editdist3", "The same as levenshtein.", "editdist3('quern', 'queen') = 1",
                   bind_distance<levenshtein>);
QUERN_ROW_FUNCTION("damerau_levenshtein",
                   "Like levenshtein, and neighbours that changed places count once.",
                   "damerau_levenshtein('quern', 'qeurn') = 1", bind_distance<damerau_levenshtein>);
QUERN_ROW_FUNCTION("hamming", "Bytes that differ in two texts of one size; else the row fails.",
                   "hamming('quern', 'queen') = 1", bind_as<hamming, int64_t, Text, Text>);
QUERN_ROW_FUNCTION("mismatches", "The same as hamming.", "mismatches('quern', 'queen') = 1",
                   bind_as<hamming, int64_t, Text, Text>);
QUERN_ROW_FUNCTION("jaccard", "Bytes in both texts, as a share of those in any.",
                   "jaccard('abc', 'bcd') = 0.5", bind_as<jaccard, double, Text, Text>);
QUERN_ROW_FUNCTION("jaro_similarity", "Jaro's similarity, 0 to 1; 0 below the cutoff.",
                   "jaro_similarity('quern', 'quern') = 1", bind_similarity<jaro>);
QUERN_ROW_FUNCTION("jaro_winkler_similarity",
                   "Jaro's similarity, raised for an equal front; 0 below the cutoff.",
                   "jaro_winkler_similarity('quern', 'quern') = 1", bind_similarity<jaro_winkler>);

}  // namespace quern::score

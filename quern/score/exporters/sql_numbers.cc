// The numbers after the row expressions as CTEs: what is used more than once, or deep, becomes a
// column, and each CTE adds the columns that need only those before it.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "quern/base/text.h"
#include "quern/score/exporters/sql_text.h"

namespace quern::score::sql {
namespace {

using Op = Number::Op;

constexpr size_t kTreesAStep = 40;  // sums of more are nested too deep for parsers
constexpr size_t kDepthMax = 400;   // of nested CASE
constexpr size_t kInlineMax = 400;  // bytes of SQL

class Writer {
public:
    Writer(const Program& program, Dialect dialect, const Numbers& numbers, std::string_view from)
        : program_(program), dialect_(dialect), numbers_(numbers), last_(from) {}

    Result<Steps> write() {
        const std::vector<bool> is_used = numbers_.used();
        count_uses(is_used);
        texts_.resize(numbers_.list.size());
        const uint32_t first_raw = numbers_.has_trees ? numbers_.tree_raw.front()
                                                      : static_cast<uint32_t>(numbers_.list.size());
        TRY(write_range(0, first_raw, is_used));
        if (numbers_.has_trees) {
            TRY(add_trees());
            TRY(write_range(first_raw, static_cast<uint32_t>(numbers_.list.size()), is_used));
        }
        flush();
        Steps steps;
        const auto name_all = [&](const std::vector<uint32_t>& from, std::vector<std::string>& to) {
            for (const uint32_t index : from) to.push_back(texts_[index]);
        };
        name_all(numbers_.raw, steps.raw);
        name_all(numbers_.outputs, steps.outputs);
        name_all(numbers_.region, steps.region);
        if (numbers_.label != UINT32_MAX) steps.label = texts_[numbers_.label];
        steps.ctes = std::move(ctes_);
        steps.last = last_;
        return steps;
    }

private:
    void count_uses(const std::vector<bool>& is_used) {
        uses_.assign(numbers_.list.size(), 0);
        for (size_t i = 0; i < is_used.size(); ++i)
            if (is_used[i])
                for (const uint32_t argument : numbers_.list[i].arguments) ++uses_[argument];
        for (const auto& ends : {numbers_.raw, numbers_.outputs, numbers_.region})
            for (const uint32_t end : ends) uses_[end] += 2;
        if (numbers_.label != UINT32_MAX) uses_[numbers_.label] += 2;
        if (numbers_.has_trees)
            for (const uint32_t end : numbers_.matrix) uses_[end] += 2;
    }

    std::string real(double value) const { return sql::number(dialect_, value); }

    Status write_range(uint32_t begin, uint32_t end, const std::vector<bool>& is_used) {
        for (uint32_t i = begin; i < end; ++i) {
            if (!is_used[i] || numbers_.list[i].op == Op::raw) continue;
            TRY(write_one(i));
        }
        flush();
        return {};
    }

    Status write_one(uint32_t index) {
        const Number& number = numbers_.list[index];
        // Columns that this CTE itself adds are not seen in it.
        for (const uint32_t argument : number.arguments)
            if (is_pending_[argument]) {
                flush();
                break;
            }
        std::string text = TRY(expression(number));
        const bool is_name = number.op == Op::constant;
        const bool stays = !is_name && (uses_[index] > 1 || text.size() > kInlineMax);
        is_test_[index] = is_test(number) && !stays;
        if (is_test(number) && stays) text = as_number(text);
        if (!stays) {
            // What it is made of may be a column of the CTE that is being made.
            for (const uint32_t argument : number.arguments)
                is_pending_[index] = is_pending_[index] || is_pending_[argument];
            texts_[index] = "(" + text + ")";
            return {};
        }
        texts_[index] = "q_n" + std::to_string(index);
        pending_ += ", " + text + " AS " + texts_[index];
        is_pending_[index] = true;
        return {};
    }

    void flush() {
        if (pending_.empty()) return;
        const std::string name = "q" + std::to_string(++step_count_);
        const bool keeps = dialect_ == Dialect::postgresql;
        ctes_ += ",\n" + name + " AS " + (keeps ? "MATERIALIZED " : "") + "(SELECT *" + pending_ +
                 " FROM " + last_ + ")";
        last_ = name;
        pending_.clear();
        is_pending_.clear();
    }

    static bool is_test(const Number& number) {
        return number.op == Op::less || number.op == Op::less_or_equal || number.op == Op::is_nan;
    }
    std::string as_number(const std::string& test) const {
        return "CASE WHEN " + test + " THEN " + real(1) + " ELSE " + real(0) + " END";
    }
    // The argument as a number, also where it is a test.
    std::string argument(const Number& number, size_t i) {
        const uint32_t index = number.arguments[i];
        return is_test_[index] ? "(" + as_number(texts_[index]) + ")" : texts_[index];
    }

    Result<std::string> expression(const Number& number) {
        const auto a = [&](size_t i) { return argument(number, i); };
        const auto infix = [&](const char* sign) { return a(0) + " " + sign + " " + a(1); };
        switch (number.op) {
            case Op::constant:
                return real(number.constant);
            case Op::value: {
                const std::string value = TRY(expression_text(program_, dialect_, number.index));
                const auto& type = program_.expressions[number.index].type;
                const std::string real_value = type.id == frame::TypeId::boolean
                                                   ? "CASE " + value + " WHEN true THEN " +
                                                         real(1) + " WHEN false THEN " + real(0) +
                                                         " END"
                                                   : "CAST(" + value + " AS " + double_name() + ")";
                return "COALESCE(" + real_value + ", " + real(NAN) + ")";
            }
            case Op::position:
                return position(number);
            case Op::add:
                return infix("+");
            case Op::subtract:
                return infix("-");
            case Op::multiply:
                return infix("*");
            case Op::divide:
                return infix("/");
            // NaN is greater than all else in SQL, and smaller than nothing here.
            case Op::less:
                return "(" + infix("<") + " AND " + a(1) + " <> " + real(NAN) + ")";
            case Op::less_or_equal:
                return "(" + infix("<=") + " AND " + a(1) + " <> " + real(NAN) + ")";
            case Op::is_nan:
                return "(" + a(0) + " = " + real(NAN) + ")";
            case Op::choose: {
                const uint32_t test = number.arguments[0];
                const std::string condition =
                    is_test_[test] ? texts_[test] : texts_[test] + " <> 0";
                return "CASE WHEN " + condition + " THEN " + a(1) + " ELSE " + a(2) + " END";
            }
            case Op::log:
                return "CASE WHEN " + a(0) + " > 0 THEN ln(" + a(0) + ") WHEN " + a(0) +
                       " = 0 THEN " + real(-INFINITY) + " ELSE " + real(NAN) + " END";
            case Op::log1p:
                return log1p(a(0));
            case Op::expm1:
                return expm1(a(0));
            case Op::to_float:
                return a(0);
            case Op::exp:
            case Op::float_exp:
                return exponential(dialect_, a(0));
            case Op::sin:
            case Op::cos:
                return (number.op == Op::sin ? "sin(" : "cos(") + a(0) + ")";
            case Op::count_below:
            case Op::count_to:
                return counted(number, a(0));
            case Op::look_up:
                return looked_up(number, a(0));
            case Op::date_part:
                return date_part(number);
            case Op::raw:
                break;
        }
        return internal("an operation without SQL");
    }

    // SQL has neither: by the logarithm of what 1 + x is after rounding (Kahan), to an ulp or two.
    std::string log1p(const std::string& x) const {
        const std::string one = "(" + real(1) + " + " + x + ")";
        return "CASE WHEN " + x + " <= " + real(-1) + " THEN " + real(NAN) + " WHEN " + one +
               " = " + real(1) + " OR " + x + " = " + real(INFINITY) + " THEN " + x + " ELSE ln(" +
               one + ") * (" + x + " / (" + one + " - " + real(1) + ")) END";
    }
    std::string expm1(const std::string& x) const {
        const std::string power = "(" + exponential(dialect_, x) + ")";
        return "CASE WHEN " + x + " > 700 THEN " + power + " WHEN " + x + " < -40 THEN " +
               real(-1) + " WHEN " + power + " = " + real(1) + " THEN " + x + " ELSE (" + power +
               " - " + real(1) + ") * (" + x + " / ln(" + power + ")) END";
    }

    Result<std::string> date_part(const Number& number) const {
        const std::string value = TRY(expression_text(program_, dialect_, number.index));
        const std::string& part = number.part;
        const auto take = [&](const std::string& what) {
            return "CAST(extract(" + what + " FROM CAST(" + value + " AS timestamp)) AS " +
                   double_name() + ")";
        };
        const std::string day =
            "CAST(CAST(" + value + " AS date) - DATE '1970-01-01' AS " + double_name() + ")";
        const std::string time = "(" + take("hour") + " * " + real(3.6e9) + " + " + take("minute") +
                                 " * " + real(6e7) + " + " + take("microseconds") + ")";
        const std::string text = part == "days"     ? day + " + " + time + " / " + real(8.64e10)
                                 : part == "second" ? take("microseconds") + " / " + real(1e6)
                                 : part == "day_of_week" ? take("isodow")
                                 : part == "day_of_year" ? take("doy")
                                                         : take(part);
        return "CASE WHEN isfinite(" + value + ") THEN " + text + " ELSE " + real(NAN) + " END";
    }

    std::string double_name() const {
        return dialect_ == Dialect::duckdb ? "DOUBLE" : "double precision";
    }

    Result<std::string> position(const Number& number) {
        const CategoryList& list = numbers_.categories[number.table];
        const auto& type = program_.expressions[number.index].type;
        const std::string value = TRY(expression_text(program_, dialect_, number.index));
        std::string text = "CASE " + value;
        for (size_t i = 0; i < list.size(); ++i) {
            const std::string key = list.is_text ? quote_literal(list.texts[i])
                                    : type.id == frame::TypeId::boolean
                                        ? std::string(list.integers[i] ? "true" : "false")
                                        : std::to_string(list.integers[i]);
            text += " WHEN " + key + " THEN " + real(static_cast<double>(i));
        }
        const auto count = static_cast<double>(list.size());
        // A CASE over no category is none.
        if (list.size() == 0)
            text = "CASE WHEN " + value + " IS NULL THEN " + real(1);
        else
            text = "CASE WHEN " + value + " IS NULL THEN " + real(count + 1) + " ELSE " + text +
                   " ELSE " + real(count) + " END";
        return text + (list.size() == 0 ? " ELSE " + real(0) : "") + " END";
    }

    std::string counted(const Number& number, const std::string& value) {
        const auto& cuts = numbers_.tables[number.table];
        const bool is_below = number.op == Op::count_below;
        std::string text = "CASE";
        for (size_t i = 0; i < cuts.size(); ++i)
            text += " WHEN " + value + (is_below ? " <= " : " < ") + real(cuts[i]) + " THEN " +
                    real(static_cast<double>(i));
        const std::string all = real(static_cast<double>(cuts.size()));
        return cuts.empty() ? real(0) : text + " ELSE " + all + " END";
    }

    std::string looked_up(const Number& number, const std::string& position) {
        const auto& values = numbers_.tables[number.table];
        if (const size_t at = only_one(values); at < values.size())
            return "CASE WHEN " + position + " = " + real(static_cast<double>(at)) + " THEN " +
                   real(1) + " ELSE " + real(0) + " END";
        std::string text = "CASE " + position;
        for (size_t i = 0; i + 1 < values.size(); ++i)
            text += " WHEN " + real(static_cast<double>(i)) + " THEN " + real(values[i]);
        return values.size() < 2 ? real(values[0]) : text + " ELSE " + real(values.back()) + " END";
    }

    // One column for each way to read missing values, so that a split is `column <= threshold`.
    std::string split_column(const Trees::Node& node) {
        const char* rule = node.missing == Missing::none  ? "z"
                           : node.missing == Missing::nan ? (node.default_left ? "l" : "r")
                                                          : (node.default_left ? "a" : "b");
        const std::string name = "q_m" + std::to_string(node.column) + rule;
        if (!split_names_.emplace(name).second) return name;
        const std::string value = argument_of_matrix(node.column);
        const std::string is_nan = value + " = " + real(NAN), low = real(-INFINITY);
        const std::string is_zero = "abs(" + value + ") <= " + real(static_cast<double>(1e-35f));
        const std::string text =
            *rule == 'z'   ? "CASE WHEN " + is_nan + " THEN " + real(0) + " ELSE " + value + " END"
            : *rule == 'l' ? "CASE WHEN " + is_nan + " THEN " + low + " ELSE " + value + " END"
            : *rule == 'a' ? "CASE WHEN " + is_nan + " OR " + is_zero + " THEN " + low + " ELSE " +
                                 value + " END"
            : *rule == 'b'
                ? "CASE WHEN " + is_zero + " THEN " + real(NAN) + " ELSE " + value + " END"
                : value;
        pending_ += ", " + text + " AS " + name;
        return name;
    }
    std::string argument_of_matrix(uint32_t column) const {
        const uint32_t index = numbers_.matrix[column];
        return is_test_.at(index) ? "(" + as_number(texts_[index]) + ")" : texts_[index];
    }

    std::string condition(const Trees::Node& node) {
        if (!node.is_categorical) return split_column(node) + " <= " + real(node.threshold);
        std::string list;
        for (uint32_t word = 0; word < node.word_count; ++word)
            for (uint32_t bit = 0; bit < 32; ++bit)
                if (numbers_.trees.categories[node.first_word + word] >> bit & 1)
                    list += (list.empty() ? "" : ", ") + real(word * 32 + bit);
        if (list.empty()) return "false";
        return "trunc(" + argument_of_matrix(node.column) + ") IN (" + list + ")";
    }

    // A sum over the row; where a value is missing, the leaf's own number.
    std::string leaf_text(const Trees::Tree& tree, size_t leaf) const {
        if (tree.linear.empty() || tree.linear[leaf].terms.empty())
            return real(tree.linear.empty() ? tree.leaves[leaf] : tree.linear[leaf].constant);
        std::string missing, sum = real(tree.linear[leaf].constant);
        for (const auto& term : tree.linear[leaf].terms) {
            const std::string value = argument_of_matrix(term.column);
            missing += (missing.empty() ? "" : " OR ") + value + " = " + real(NAN);
            sum += " + " + real(term.weight) + " * " + value;
        }
        return "CASE WHEN " + missing + " THEN " + real(tree.leaves[leaf]) + " ELSE " + sum +
               " END";
    }

    std::string tree_text(const Trees::Tree& tree, int32_t at) {
        if (at < 0) return leaf_text(tree, static_cast<size_t>(~at));
        const Trees::Node& node = tree.nodes[static_cast<size_t>(at)];
        return "CASE WHEN " + condition(node) + " THEN " + tree_text(tree, node.left) + " ELSE " +
               tree_text(tree, node.right) + " END";
    }

    // The deepest leaf's, in splits.
    static size_t depth_of(const Trees::Tree& tree) {
        std::vector<size_t> depths(tree.nodes.size(), 1);
        size_t deepest = 0;
        for (size_t i = 0; i < tree.nodes.size(); ++i) {  // children come after their parents
            deepest = std::max(deepest, depths[i]);
            for (const int32_t child : {tree.nodes[i].left, tree.nodes[i].right})
                if (child >= 0) depths[static_cast<size_t>(child)] = depths[i] + 1;
        }
        return deepest;
    }

    Status add_trees() {
        const Trees& trees = numbers_.trees;
        for (const auto& tree : trees.trees)
            if (const size_t depth = depth_of(tree); depth > kDepthMax)
                return unimplemented("a tree of " + std::to_string(depth) + " levels, at most " +
                                     std::to_string(kDepthMax));
        for (const auto& tree : trees.trees)
            for (const auto& node : tree.nodes)
                if (!node.is_categorical) split_column(node);
        flush();
        std::vector<std::string> sums(trees.raw_count, real(0));
        for (size_t i = 0; i < trees.trees.size(); ++i) {
            std::string& sum = sums[i % trees.raw_count];
            const auto& tree = trees.trees[i];
            sum += "\n + " + tree_text(tree, tree.nodes.empty() ? ~0 : 0);
            const bool is_full = (i + 1) % (kTreesAStep * trees.raw_count) == 0;
            if (!is_full && i + 1 < trees.trees.size()) continue;
            const std::string step = std::to_string(i / (kTreesAStep * trees.raw_count));
            for (size_t raw = 0; raw < sums.size(); ++raw) {
                const std::string name = "q_s" + std::to_string(raw) + "_" + step;
                pending_ += ", " + sums[raw] + " AS " + name;
                sums[raw] = name;
            }
            flush();
        }
        const double divisor =
            trees.is_average ? static_cast<double>(trees.trees.size() / trees.raw_count) : 1;
        for (size_t raw = 0; raw < sums.size(); ++raw) {
            const std::string name = "q_n" + std::to_string(numbers_.tree_raw[raw]);
            pending_ +=
                ", " + sums[raw] + (divisor == 1 ? "" : " / " + real(divisor)) + " AS " + name;
            texts_[numbers_.tree_raw[raw]] = name;
        }
        flush();
        return {};
    }

    const Program& program_;
    Dialect dialect_;
    const Numbers& numbers_;
    std::string last_, ctes_, pending_;
    std::vector<std::string> texts_;
    std::vector<int> uses_;
    std::map<uint32_t, bool> is_pending_, is_test_;
    std::set<std::string> split_names_;
    int step_count_ = 0;
};

}  // namespace

Result<Steps> number_steps(const Program& program, Dialect dialect, const Numbers& numbers,
                           std::string_view from) {
    return Writer(program, dialect, numbers, from).write();
}

}  // namespace quern::score::sql

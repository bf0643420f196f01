// Encoders and stages as operations on doubles.
#include "quern/score/exporters/numbers.h"

#include <algorithm>
#include <cmath>

#include "quern/score/learned.h"
#include "quern/score/plan.h"

namespace quern::score {

using Op = Number::Op;

uint32_t Numbers::add(Number number) {
    list.push_back(std::move(number));
    return static_cast<uint32_t>(list.size() - 1);
}
uint32_t Numbers::constant(double value) {
    Number number;
    number.constant = value;
    return add(std::move(number));
}
uint32_t Numbers::call(Op op, std::vector<uint32_t> arguments) {
    Number number;
    number.op = op;
    number.arguments = std::move(arguments);
    return add(std::move(number));
}
uint32_t Numbers::table_call(Op op, uint32_t argument, std::vector<double> table) {
    const uint32_t added = call(op, {argument});
    list[added].table = static_cast<uint32_t>(tables.size());
    tables.push_back(std::move(table));
    return added;
}

std::vector<bool> Numbers::used() const {
    std::vector<bool> is_used(list.size());
    for (const auto& ends : {raw, outputs, region})
        for (const uint32_t end : ends) is_used[end] = true;
    if (label != UINT32_MAX) is_used[label] = true;
    if (has_trees)
        for (const uint32_t end : matrix) is_used[end] = true;
    for (size_t i = list.size(); i-- > 0;)
        if (is_used[i])
            for (const uint32_t argument : list[i].arguments) is_used[argument] = true;
    return is_used;
}

std::vector<bool> inputs_of_features(const Program& program) {
    std::vector<bool> is_read(program.inputs.size());
    for (const Expression& expression : program.expressions)
        if (expression.kind == Expression::Kind::input) is_read[expression.input] = true;
    return is_read;
}

size_t only_one(const std::vector<double>& table) {
    const auto one = std::ranges::find(table, 1.0);
    const bool is_mark = std::ranges::count(table, 0.0) + 1 == std::ssize(table);
    return is_mark ? static_cast<size_t>(one - table.begin()) : table.size();
}

namespace {

// One encoder or stage at work: the numbers it reads, and the new ones.
struct Part {
    Numbers& numbers;
    const Buffers& learned;
    uint32_t expression = 0;     // of an encoder
    frame::Type type;            // its type
    std::vector<uint32_t> from;  // of a stage
    std::vector<uint32_t> out;

    const std::vector<double>& doubles(std::string_view name) const {
        static const std::vector<double> none;
        const auto* found = find_buffer<double>(learned, name);
        return found ? *found : none;
    }
    double one(std::string_view name, double value_if_absent) const {
        const auto& found = doubles(name);
        return found.empty() ? value_if_absent : found[0];
    }
    bool flag(std::string_view name) const {
        const auto* found = find_buffer<uint8_t>(learned, name);
        return found && !found->empty() && (*found)[0] != 0;
    }
    uint32_t of_expression(Op op) {
        Number number;
        number.op = op;
        number.index = expression;
        return numbers.add(std::move(number));
    }
    uint32_t minus(uint32_t a, double b) {
        return numbers.call(Op::subtract, {a, numbers.constant(b)});
    }
    uint32_t over(uint32_t a, double b) {
        return numbers.call(Op::divide, {a, numbers.constant(b)});
    }
    uint32_t scaled(uint32_t value, double center, double scale) {
        return over(minus(value, center), scale);
    }
    uint32_t position() {
        CategoryList list;
        list.is_text = type.id == frame::TypeId::varchar;
        if (list.is_text)
            list.texts = *find_buffer<std::string>(learned, "categories");
        else
            list.integers = *find_buffer<int64_t>(learned, "categories");
        const uint32_t added = of_expression(Op::position);
        numbers.list[added].table = static_cast<uint32_t>(numbers.categories.size());
        numbers.categories.push_back(std::move(list));
        return added;
    }
    size_t category_count() const { return numbers.categories.back().size(); }
};

Status numeric(Part& part) {
    part.out = {part.of_expression(Op::value)};
    return {};
}

Status scaled(Part& part) {
    const uint32_t value = part.of_expression(Op::value);
    const uint32_t is_missing = part.numbers.call(Op::is_nan, {value});
    const uint32_t fill = part.numbers.constant(part.one("fill", 0));
    const uint32_t filled = part.numbers.call(Op::choose, {is_missing, fill, value});
    part.out = {part.scaled(filled, part.one("mean", 0), part.one("scale", 1))};
    if (part.flag("indicator")) part.out.push_back(is_missing);
    return {};
}

Status category(Part& part) {
    const uint32_t position = part.position();
    std::vector<double> codes(part.category_count());
    for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<double>(i);
    codes.push_back(part.one("unseen", -1));
    codes.push_back(part.one("missing", std::nan("")));
    part.out = {part.numbers.table_call(Op::look_up, position, std::move(codes))};
    return {};
}

Status one_hot(Part& part) {
    const uint32_t position = part.position();
    const size_t count = part.category_count();
    const auto* missing_as = find_buffer<uint32_t>(part.learned, "missing_as");
    const auto add = [&](size_t at) {
        std::vector<double> marks(count + 2, 0.0);
        marks[at] = 1;
        if (missing_as != nullptr && missing_as->front() == at) marks[count + 1] = 1;
        part.out.push_back(part.numbers.table_call(Op::look_up, position, std::move(marks)));
    };
    for (size_t i = 0; i < count; ++i) add(i);
    if (part.flag("unseen")) add(count);
    if (part.flag("missing")) add(count + 1);
    return {};
}

Status lookup(Part& part) {
    const uint32_t position = part.position();
    const size_t width = find_buffer<std::string>(part.learned, "columns")->size();
    const auto &values = part.doubles("values"), &unseen = part.doubles("unseen"),
               &missing = part.doubles("missing");
    for (size_t column = 0; column < width; ++column) {
        std::vector<double> of_column;
        for (size_t i = column; i < values.size(); i += width) of_column.push_back(values[i]);
        of_column.push_back(unseen[column]);
        of_column.push_back(missing[column]);
        part.out.push_back(part.numbers.table_call(Op::look_up, position, std::move(of_column)));
    }
    return {};
}

uint32_t date_number(Part& part, const std::string& name) {
    const uint32_t added = part.of_expression(Op::date_part);
    part.numbers.list[added].part = name;
    return added;
}

Status date(Part& part) {
    const auto& parts = *find_buffer<std::string>(part.learned, "parts");
    const auto &mean = part.doubles("mean"), &scale = part.doubles("scale");
    for (size_t i = 0; i < parts.size(); ++i) {
        const uint32_t value = date_number(part, parts[i]);
        const uint32_t is_missing = part.numbers.call(Op::is_nan, {value});
        const uint32_t at =
            part.scaled(value, mean.empty() ? 0 : mean[i], scale.empty() ? 1 : scale[i]);
        const uint32_t fill = part.numbers.constant(part.one("fill", std::nan("")));
        part.out.push_back(part.numbers.call(Op::choose, {is_missing, fill, at}));
    }
    return {};
}

Status cycle(Part& part) {
    for (const std::string& name : *find_buffer<std::string>(part.learned, "parts")) {
        const double period = name == "month"         ? 12
                              : name == "day"         ? 31
                              : name == "day_of_year" ? 365.2425
                              : name == "day_of_week" ? 7
                              : name == "hour"        ? 24
                                                      : 60;
        Numbers& numbers = part.numbers;
        const uint32_t around =
            numbers.call(Op::multiply, {numbers.constant(2 * M_PI), date_number(part, name)});
        const uint32_t turn = part.over(around, period);
        part.out.push_back(numbers.call(Op::sin, {turn}));
        part.out.push_back(numbers.call(Op::cos, {turn}));
    }
    return {};
}

Status affine(Part& part) {
    for (size_t i = 0; i < part.from.size(); ++i) {
        const uint32_t scaled =
            part.scaled(part.from[i], part.doubles("center")[i], part.doubles("scale")[i]);
        const uint32_t shift = part.numbers.constant(part.doubles("shift")[i]);
        part.out.push_back(part.numbers.call(Op::add, {scaled, shift}));
    }
    return {};
}

Status bucket(Part& part) {
    const auto& cuts = part.doubles("cuts");
    const auto& counts = *find_buffer<uint32_t>(part.learned, "counts");
    size_t first = 0;
    for (size_t i = 0; i < part.from.size(); first += counts[i++]) {
        const std::vector<double> own(cuts.begin() + static_cast<ptrdiff_t>(first),
                                      cuts.begin() + static_cast<ptrdiff_t>(first + counts[i]));
        Numbers& numbers = part.numbers;
        const uint32_t at = numbers.table_call(Op::count_to, part.from[i], own);
        const uint32_t is_missing = numbers.call(Op::is_nan, {part.from[i]});
        if (!part.flag("one_hot")) {
            part.out.push_back(numbers.call(Op::choose, {is_missing, part.from[i], at}));
            continue;
        }
        for (size_t k = 0; k <= own.size(); ++k) {
            std::vector<double> marks(own.size() + 1, 0.0);
            marks[k] = 1;
            const uint32_t mark = numbers.table_call(Op::look_up, at, std::move(marks));
            part.out.push_back(numbers.call(Op::choose, {is_missing, numbers.constant(0), mark}));
        }
    }
    return {};
}

Status clip(Part& part) {
    for (size_t i = 0; i < part.from.size(); ++i) {
        Numbers& numbers = part.numbers;
        const uint32_t value = part.from[i];
        const uint32_t low = numbers.constant(part.doubles("low")[i]);
        const uint32_t high = numbers.constant(part.doubles("high")[i]);
        const uint32_t is_above = numbers.call(Op::less, {high, value});
        const uint32_t is_below = numbers.call(Op::less, {value, low});
        const uint32_t capped = numbers.call(Op::choose, {is_above, high, value});
        part.out.push_back(numbers.call(Op::choose, {is_below, low, capped}));
    }
    return {};
}

Status impute(Part& part) {
    std::vector<uint32_t> is_missing;
    for (size_t i = 0; i < part.from.size(); ++i) {
        is_missing.push_back(part.numbers.call(Op::is_nan, {part.from[i]}));
        const uint32_t fill = part.numbers.constant(part.doubles("fill")[i]);
        part.out.push_back(part.numbers.call(Op::choose, {is_missing[i], fill, part.from[i]}));
    }
    if (const auto* indicated = find_buffer<uint32_t>(part.learned, "indicated"))
        for (const uint32_t i : *indicated) part.out.push_back(is_missing[i]);
    return {};
}

// (e^(power * log) - 1) / power, or log where the power is none.
uint32_t powered(Part& part, uint32_t log, double power, bool is_none) {
    if (is_none) return log;
    Numbers& numbers = part.numbers;
    const uint32_t product = numbers.call(Op::multiply, {numbers.constant(power), log});
    return part.over(numbers.call(Op::expm1, {product}), power);
}

Status power(Part& part) {
    constexpr double kNear = 2.220446049250313e-16;
    Numbers& numbers = part.numbers;
    for (size_t i = 0; i < part.from.size(); ++i) {
        const uint32_t value = part.from[i], zero = numbers.constant(0);
        const double lambda = part.doubles("lambda")[i];
        uint32_t bent = 0;
        if (part.flag("box_cox")) {
            const uint32_t log = numbers.call(Op::log, {value});
            const uint32_t inside = numbers.call(Op::less, {zero, value});
            const uint32_t is_missing = numbers.call(Op::is_nan, {value});
            const uint32_t none = numbers.constant(std::nan(""));
            bent =
                numbers.call(Op::choose, {inside, powered(part, log, lambda, lambda == 0), none});
            bent = numbers.call(Op::choose, {is_missing, value, bent});
        } else {
            const uint32_t negated = numbers.call(Op::multiply, {numbers.constant(-1), value});
            const uint32_t up =
                powered(part, numbers.call(Op::log1p, {value}), lambda, std::abs(lambda) < kNear);
            const uint32_t down = powered(part, numbers.call(Op::log1p, {negated}), 2 - lambda,
                                          std::abs(2 - lambda) < kNear);
            const uint32_t turned = numbers.call(Op::multiply, {numbers.constant(-1), down});
            const uint32_t is_up = numbers.call(Op::less_or_equal, {zero, value});
            bent = numbers.call(Op::choose, {is_up, up, turned});
        }
        part.out.push_back(part.scaled(bent, part.doubles("center")[i], part.doubles("scale")[i]));
    }
    return {};
}

Status products(Part& part) {
    const auto& factors = *find_buffer<uint32_t>(part.learned, "factors");
    size_t at = 0;
    for (const uint32_t size : *find_buffer<uint32_t>(part.learned, "sizes")) {
        uint32_t product = part.from[factors[at++]];  // 1 * x is x
        for (uint32_t i = 1; i < size; ++i)
            product = part.numbers.call(Op::multiply, {product, part.from[factors[at++]]});
        part.out.push_back(product);
    }
    return {};
}

Status project(Part& part) {
    const auto &mean = part.doubles("mean"), &weights = part.doubles("weights");
    std::vector<uint32_t> centered;
    for (size_t i = 0; i < part.from.size(); ++i)
        centered.push_back(part.minus(part.from[i], mean[i]));
    for (size_t first = 0; first < weights.size(); first += part.from.size()) {
        uint32_t sum = part.numbers.constant(0);
        for (size_t i = 0; i < part.from.size(); ++i) {
            const uint32_t weight = part.numbers.constant(weights[first + i]);
            const uint32_t term = part.numbers.call(Op::multiply, {weight, centered[i]});
            sum = part.numbers.call(Op::add, {sum, term});
        }
        part.out.push_back(sum);
    }
    return {};
}

struct Kind {
    std::string_view name;
    Status (*lower)(Part& part);
    std::vector<std::string_view> buffers;  // that it knows: with another one it is another kind
};
const std::vector<Kind> kEncoders = {
    {"numeric", numeric, {}},
    {"scaled", scaled, {"fill", "mean", "scale", "indicator"}},
    {"category", category, {"categories", "unseen", "missing"}},
    {"one_hot", one_hot, {"categories", "unseen", "missing", "missing_as"}},
    {"lookup", lookup, {"categories", "columns", "values", "unseen", "missing"}},
    {"date", date, {"parts", "fill", "mean", "scale"}},
    {"cycle", cycle, {"parts"}}};
const std::vector<Kind> kStages = {{"affine", affine, {"center", "scale", "shift"}},
                                   {"bucket", bucket, {"cuts", "counts", "one_hot"}},
                                   {"clip", clip, {"low", "high"}},
                                   {"impute", impute, {"fill", "indicated"}},
                                   {"power", power, {"lambda", "center", "scale", "box_cox"}},
                                   {"products", products, {"factors", "sizes"}},
                                   {"project", project, {"mean", "weights"}}};

bool knows_all(const Kind& kind, const Buffers& learned) {
    return std::ranges::all_of(learned, [&](const auto& buffer) {
        return std::ranges::find(kind.buffers, buffer.first) != kind.buffers.end();
    });
}

Status lower_by(std::span<const Kind> kinds, std::string_view what, std::string_view name,
                const std::string& owner, Part& part) {
    for (const Kind& kind : kinds)
        if (kind.name == name && knows_all(kind, part.learned)) return kind.lower(part);
    return unimplemented("the " + std::string(what) + " '" + std::string(name) + "' of '" + owner +
                         "' has no form outside of quern")
        .hint(
            "leave that transform out, or run the model with libquern_score.so (quern export "
            "MODEL -o FILE.qn)");
}

}  // namespace

Status lower_matrix(const Scorer& scorer, Numbers& numbers) {
    const Program& program = scorer.program();
    std::vector<uint32_t> columns;
    for (const FittedEncoder& fitted : program.encoders) {
        const Feature& feature = program.features[fitted.feature];
        Part part{numbers,
                  fitted.learned,
                  feature.expression,
                  program.expressions[feature.expression].type,
                  {},
                  {}};
        TRY(lower_by(kEncoders, "encoder", fitted.kind, feature.name, part));
        columns.insert(columns.end(), part.out.begin(), part.out.end());
    }
    for (const FittedStage& fitted : program.stages) {
        Part part{numbers, fitted.learned, 0, {}, {}, {}};
        for (const uint32_t column : fitted.columns) part.from.push_back(columns[column]);
        TRY(lower_by(kStages, "stage", fitted.kind, fitted.name, part));
        columns.insert(columns.end(), part.out.begin(), part.out.end());
    }
    numbers.matrix = columns;
    if (program.matrix.empty()) return {};
    numbers.matrix.clear();
    for (const uint32_t column : program.matrix) numbers.matrix.push_back(columns[column]);
    return {};
}

Result<Numbers> lower_numbers(const Scorer& scorer) {
    Numbers numbers;
    TRY(lower_matrix(scorer, numbers));
    TRY(lower_outputs(scorer, numbers));
    return numbers;
}

}  // namespace quern::score

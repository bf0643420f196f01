// Linear models, networks, clusters, links, calibrations, labels and regions as operations on
// doubles.
#include <algorithm>
#include <cmath>
#include <limits>

#include "quern/score/exporters/numbers.h"
#include "quern/score/learned.h"
#include "quern/score/models/network.h"
#include "quern/score/models/stack.h"

namespace quern::score {
namespace {

using Op = Number::Op;
using Node = uint32_t;

// Operations with the names that the scorer's own code has for them.
struct Maths {
    Numbers& numbers;
    Node of(double value) { return numbers.constant(value); }
    Node add(Node a, Node b) { return numbers.call(Op::add, {a, b}); }
    Node subtract(Node a, Node b) { return numbers.call(Op::subtract, {a, b}); }
    Node multiply(Node a, Node b) { return numbers.call(Op::multiply, {a, b}); }
    Node divide(Node a, Node b) { return numbers.call(Op::divide, {a, b}); }
    Node less(Node a, Node b) { return numbers.call(Op::less, {a, b}); }
    Node choose(Node test, Node a, Node b) { return numbers.call(Op::choose, {test, a, b}); }
    Node exp(Node a) { return numbers.call(Op::exp, {a}); }
    Node log(Node a) { return numbers.call(Op::log, {a}); }
    Node log1p(Node a) { return numbers.call(Op::log1p, {a}); }
    Node negated(Node a) { return multiply(of(-1), a); }
    Node max(Node a, Node b) { return choose(less(a, b), b, a); }  // as std::max
    Node min(Node a, Node b) { return choose(less(b, a), b, a); }
    Node to_float(Node a) { return numbers.call(Op::to_float, {a}); }
    Node float_exp(Node a) { return numbers.call(Op::float_exp, {a}); }
    Node sigmoid(Node a) { return divide(of(1), add(of(1), exp(negated(a)))); }
};

using Nodes = std::vector<Node>;
constexpr char kOwnFile[] = "run it with libquern_score.so (quern export MODEL -o FILE.qn)";
// More would make a source that compilers take minutes for.
constexpr size_t kWeightsMax = 20'000;

Result<Nodes> lower_network(const Buffers& learned, const Nodes& columns, Numbers& numbers) {
    const Network network = TRY(unpack_network(learned, columns.size()));
    size_t weight_count = 0;
    for (const auto& layer : network.layers) weight_count += layer.weights.size();
    const bool is_of_doubles = !learned.contains("weights_8");
    if (network.activation == Activation::tanh || weight_count > kWeightsMax || !is_of_doubles)
        return unimplemented("a network of " + std::to_string(weight_count) +
                             " weights has a form outside of quern only where it bends by relu or "
                             "logistic, and has " +
                             std::to_string(kWeightsMax) + " weights of 64 bits at most")
            .hint(kOwnFile);
    Maths maths{numbers};
    Nodes inputs = columns;
    for (const auto& layer : network.layers) {
        Nodes outputs;
        const double* weight = layer.weights.data();
        for (const double bias : layer.biases) {
            Node sum = maths.of(bias);
            for (const Node input : inputs)
                sum = maths.add(sum, maths.multiply(maths.of(*weight++), input));
            if (&layer != &network.layers.back())
                sum = network.activation == Activation::logistic
                          ? maths.sigmoid(sum)
                          : maths.choose(maths.less(sum, maths.of(0)), maths.of(0), sum);
            outputs.push_back(sum);
        }
        inputs = std::move(outputs);
    }
    return inputs;
}

Nodes lower_centers(const Buffers& learned, const Nodes& columns, Numbers& numbers) {
    Maths maths{numbers};
    Nodes raw;
    const auto& centers = *find_buffer<double>(learned, "centers");
    const Node scale = maths.of(-2 * (*find_buffer<double>(learned, "variance"))[0]);
    for (auto center = centers.begin(); center != centers.end();) {
        Node sum = maths.of(0);
        for (const Node column : columns) {
            const Node off = maths.subtract(maths.of(*center++), column);
            sum = maths.add(sum, maths.multiply(off, off));
        }
        raw.push_back(maths.divide(sum, scale));
    }
    return raw;
}

Nodes lower_linear(const Buffers& learned, const Nodes& columns, Numbers& numbers) {
    Maths maths{numbers};
    Nodes raw;
    const auto& weights = *find_buffer<double>(learned, "weights");
    const bool are_floats = learned.contains("is_float32");
    numbers.adds_floats |= are_floats;
    const auto rounded = [&](Node node) { return are_floats ? maths.to_float(node) : node; };
    size_t at = 0;
    for (const double intercept : *find_buffer<double>(learned, "intercepts")) {
        Node sum = maths.of(intercept);
        for (const Node column : columns) {
            const Node weight = maths.of(weights[at++]);
            sum = rounded(maths.add(sum, rounded(maths.multiply(weight, rounded(column)))));
        }
        raw.push_back(sum);
    }
    return raw;
}

// Their columns are the matrix itself: trees are walked apart from other numbers.
Result<Nodes> lower_trees(const Buffers& learned, const Nodes& columns, Numbers& numbers) {
    if (numbers.has_trees || columns != numbers.matrix)
        return unimplemented(
                   "two members of trees, or trees over scores, have no form outside of "
                   "quern")
            .hint(kOwnFile);
    numbers.trees = TRY(unpack_trees(learned, columns.size()));
    numbers.has_trees = true;
    numbers.adds_floats |= numbers.trees.is_float32;
    for (uint32_t i = 0; i < numbers.trees.raw_count; ++i) {
        Number raw;
        raw.op = Op::raw;
        raw.index = i;
        numbers.tree_raw.push_back(numbers.add(std::move(raw)));
    }
    return numbers.tree_raw;
}

// As link.cc: sums, quotients and differences of two floats are those of doubles, rounded.
Nodes lower_float_link(Link link, const Nodes& raw, Numbers& numbers) {
    Maths maths{numbers};
    Nodes outputs;
    if (link == Link::float_exponential) {
        for (const Node one : raw) outputs.push_back(maths.float_exp(one));
    } else if (link == Link::float_sigmoid) {
        constexpr float kLargest = 88.7f;
        const Node largest = maths.of(static_cast<double>(kLargest));
        const Node power = maths.float_exp(maths.min(maths.negated(raw[0]), largest));
        const Node sum = maths.to_float(maths.add(power, maths.of(1)));
        const Node positive = maths.to_float(maths.divide(maths.of(1), sum));
        outputs = {maths.to_float(maths.subtract(maths.of(1), positive)), positive};
    } else {
        Node top = raw[0], sum = maths.of(0);
        for (size_t i = 1; i < raw.size(); ++i) top = maths.max(raw[i], top);
        for (const Node one : raw) {
            outputs.push_back(maths.float_exp(maths.to_float(maths.subtract(one, top))));
            sum = maths.add(sum, outputs.back());
        }
        sum = maths.to_float(sum);
        for (Node& output : outputs) output = maths.to_float(maths.divide(output, sum));
    }
    return outputs;
}

Nodes lower_link(Link link, double link_scale, const Nodes& raw, Numbers& numbers) {
    Maths maths{numbers};
    Nodes outputs;
    switch (link) {
        case Link::identity:
            return raw;
        case Link::exponential:
            for (const Node one : raw) outputs.push_back(maths.exp(one));
            return outputs;
        case Link::sigmoid: {
            for (const Node one : raw) {
                const Node scaled = maths.multiply(maths.of(-link_scale), one);
                outputs.push_back(
                    maths.divide(maths.of(1), maths.add(maths.of(1), maths.exp(scaled))));
            }
            if (raw.size() == 1)
                outputs.insert(outputs.begin(), maths.subtract(maths.of(1), outputs[0]));
            return outputs;
        }
        case Link::softmax: {
            Node top = raw[0], sum = maths.of(0);
            for (size_t i = 1; i < raw.size(); ++i) top = maths.max(raw[i], top);
            for (const Node one : raw) {
                outputs.push_back(maths.exp(maths.subtract(one, top)));
                sum = maths.add(sum, outputs.back());
            }
            for (Node& output : outputs) output = maths.divide(output, sum);
            return outputs;
        }
        case Link::float_sigmoid:
        case Link::float_softmax:
        case Link::float_exponential:
            return lower_float_link(link, raw, numbers);
    }
    return outputs;
}

Result<Nodes> lower_model(const FittedModel& model, const Nodes& columns, Numbers& numbers) {
    const Buffers& learned = model.learned;
    if (model.kind == "trees") return lower_trees(learned, columns, numbers);
    if (model.kind == "linear") return lower_linear(learned, columns, numbers);
    if (model.kind == "network") return lower_network(learned, columns, numbers);
    if (model.kind == "centers") return lower_centers(learned, columns, numbers);
    if (model.kind == "constant") {
        Nodes raw;
        for (const double value : *find_buffer<double>(learned, "raw"))
            raw.push_back(numbers.constant(value));
        return raw;
    }
    if (model.kind == "stack") {
        const Stack stack = TRY(unpack_stack(learned));
        Nodes scores;
        for (const auto& member : stack.members) {
            const Nodes raw = TRY(lower_model(member.model, columns, numbers));
            const Nodes made = lower_link(member.link, member.link_scale, raw, numbers);
            scores.insert(scores.end(), made.begin(), made.end());
        }
        return lower_model(stack.final, scores, numbers);
    }
    return unimplemented("a model of kind '" + model.kind + "' has no form outside of quern")
        .hint(kOwnFile);
}

// The curve of one class, by what was learned for it.
struct Curve {
    const Buffers& learned;
    size_t index;
    double one(std::string_view name) const { return (*find_buffer<double>(learned, name))[index]; }
};

Node clipped(Maths& maths, Node p) {
    constexpr double kLeast = std::numeric_limits<double>::epsilon();
    return maths.min(maths.max(p, maths.of(kLeast)), maths.of(1 - kLeast));
}

Node platt(Maths& maths, const Curve& curve, Node p) {
    const Node q = clipped(maths, p);
    const Node odds = maths.subtract(maths.log(q), maths.log1p(maths.negated(q)));
    return maths.sigmoid(maths.add(maths.multiply(maths.of(curve.one("slope")), odds),
                                   maths.of(curve.one("intercept"))));
}

Node beta(Maths& maths, const Curve& curve, Node p) {
    const Node q = clipped(maths, p);
    const Node a = maths.multiply(maths.of(curve.one("a")), maths.log(q));
    const Node b = maths.multiply(maths.of(curve.one("b")), maths.log1p(maths.negated(q)));
    return maths.sigmoid(maths.add(maths.subtract(a, b), maths.of(curve.one("c"))));
}

Node isotonic(Maths& maths, const Curve& curve, Node p) {
    const auto& ends = *find_buffer<int64_t>(curve.learned, "ends");
    const auto begin = curve.index == 0 ? 0 : ends[curve.index - 1], end = ends[curve.index];
    const auto& all_x = *find_buffer<double>(curve.learned, "x");
    const auto& all_y = *find_buffer<double>(curve.learned, "y");
    const std::vector<double> x(all_x.begin() + begin, all_x.begin() + end);
    const std::vector<double> y(all_y.begin() + begin, all_y.begin() + end);
    // Of the line that ends at each corner.
    std::vector<double> slope{0}, x_below{x[0]}, y_below{y[0]};
    for (size_t i = 1; i < x.size(); ++i) {
        slope.push_back((y[i] - y[i - 1]) / (x[i] - x[i - 1]));
        x_below.push_back(x[i - 1]);
        y_below.push_back(y[i - 1]);
    }
    const Node low = maths.of(x.front()), high = maths.of(x.back());
    const Node at =
        maths.choose(maths.less(p, low), low, maths.choose(maths.less(high, p), high, p));
    Numbers& numbers = maths.numbers;
    const Node corner = numbers.table_call(Op::count_below, at, x);
    const auto of_line = [&](std::vector<double> values) {
        return numbers.table_call(Op::look_up, corner, std::move(values));
    };
    const Node line = maths.add(
        maths.multiply(of_line(slope), maths.subtract(at, of_line(x_below))), of_line(y_below));
    return maths.choose(maths.less(corner, maths.of(0.5)), maths.of(y[0]), line);
}

void temperature(Maths& maths, double inverse, std::vector<Node>& outputs) {
    constexpr double kLeast = 1e-12;
    Node top = outputs[0], sum = maths.of(0);
    for (size_t k = 1; k < outputs.size(); ++k) top = maths.max(top, outputs[k]);
    const auto logit = [&](Node p) {
        return maths.multiply(maths.of(inverse), maths.log(maths.add(p, maths.of(kLeast))));
    };
    const Node most = logit(top);
    for (Node& output : outputs) {
        output = maths.exp(maths.subtract(logit(output), most));
        sum = maths.add(sum, output);
    }
    for (Node& output : outputs) output = maths.divide(output, sum);
}

Status lower_calibration(const Program& program, Numbers& numbers) {
    const FittedCalibration& fitted = program.calibration;
    if (fitted.kind.empty()) return {};
    Maths maths{numbers};
    auto& outputs = numbers.outputs;
    if (fitted.kind == "temperature") {
        temperature(maths, (*find_buffer<double>(fitted.learned, "beta"))[0], outputs);
        return {};
    }
    Node (*bend)(Maths&, const Curve&, Node) = fitted.kind == "platt"      ? platt
                                               : fitted.kind == "beta"     ? beta
                                               : fitted.kind == "isotonic" ? isotonic
                                                                           : nullptr;
    if (bend == nullptr)
        return unimplemented("the calibration '" + fitted.kind + "' has no form outside of quern");
    if (outputs.size() == 2) {
        outputs[1] = bend(maths, {fitted.learned, 0}, outputs[1]);
        outputs[0] = maths.subtract(maths.of(1), outputs[1]);
        return {};
    }
    Node sum = maths.of(0);
    for (size_t k = 0; k < outputs.size(); ++k) {
        outputs[k] = bend(maths, {fitted.learned, k}, outputs[k]);
        sum = maths.add(sum, outputs[k]);
    }
    const Node even = maths.of(1.0 / static_cast<double>(outputs.size()));
    const Node is_some = maths.less(maths.of(0), sum);
    for (Node& output : outputs) output = maths.choose(is_some, maths.divide(output, sum), even);
    return {};
}

void lower_label(const Program& program, Numbers& numbers) {
    if (program.task != Task::classify) return;
    Maths maths{numbers};
    const auto& outputs = numbers.outputs;
    if (outputs.size() == 2) {
        numbers.label = numbers.call(Op::less_or_equal, {maths.of(program.threshold), outputs[1]});
        return;
    }
    Node best = outputs[0], label = maths.of(0);
    for (size_t k = 1; k < outputs.size(); ++k) {
        const Node is_more = maths.less(best, outputs[k]);
        label = maths.choose(is_more, maths.of(static_cast<double>(k)), label);
        best = maths.choose(is_more, outputs[k], best);
    }
    numbers.label = label;
}

void lower_region(const Program& program, Numbers& numbers) {
    const FittedConformal& fitted = program.conformal;
    if (fitted.kind.empty()) return;
    Maths maths{numbers};
    const Node quantile = maths.of((*find_buffer<double>(fitted.learned, "quantile"))[0]);
    if (fitted.kind == "split") {
        numbers.region = {maths.subtract(numbers.outputs[0], quantile),
                          maths.add(numbers.outputs[0], quantile)};
    } else if (fitted.kind == "lac") {
        for (const Node output : numbers.outputs)
            numbers.region.push_back(
                numbers.call(Op::less_or_equal, {maths.subtract(maths.of(1), output), quantile}));
    } else {
        numbers.refused.push_back("the sets of '" + fitted.kind +
                                  "', which need the classes sorted");
    }
}

}  // namespace

double float_margin(const Program& program, const Numbers& numbers) {
    if (!numbers.adds_floats) return 0;
    double largest = 0;  // that a sum can become
    for (const auto& tree : numbers.trees.trees) {
        double of_tree = 0;
        for (const double leaf : tree.leaves) of_tree = std::max(of_tree, std::abs(leaf));
        largest += of_tree;
    }
    constexpr double kRounding = std::numeric_limits<float>::epsilon();
    const double margin = kRounding * largest * static_cast<double>(numbers.trees.trees.size());
    return program.link == Link::float_exponential ? (margin + kRounding) * std::exp(largest)
                                                   : margin + kRounding;
}

Status lower_outputs(const Scorer& scorer, Numbers& numbers) {
    const Program& program = scorer.program();
    numbers.raw = TRY(lower_model(program.model, numbers.matrix, numbers));
    numbers.outputs = lower_link(program.link, program.link_scale, numbers.raw, numbers);
    TRY(lower_calibration(program, numbers));
    lower_label(program, numbers);
    lower_region(program, numbers);
    return {};
}

}  // namespace quern::score

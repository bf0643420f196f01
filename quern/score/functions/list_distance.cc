// Products and distances of lists of floats, such as embeddings, summed in the order and the type
// that DuckDB sums them in.
#include <algorithm>
#include <cmath>

#include "quern/score/functions/nested_value.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using Text = std::string_view;

// NULL is no element of a vector.
template <class T>
bool read_vector(const Call& call, const frame::Type& type, Text text, std::vector<T>& out) {
    return each_element(text, [&](const JsonValue& element) {
        return nested_value(call, type, element, out.emplace_back()) == Row::value;
    });
}

template <class T>
Row inner_product(const std::vector<T>& a, const std::vector<T>& b, T& out) {
    out = 0;
    for (size_t i = 0; i < a.size(); ++i) out += a[i] * b[i];
    return Row::value;
}

template <class T>
Row negative_inner_product(const std::vector<T>& a, const std::vector<T>& b, T& out) {
    inner_product(a, b, out);
    out = -out;
    return Row::value;
}

template <class T>
Row distance(const std::vector<T>& a, const std::vector<T>& b, T& out) {
    T sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    out = std::sqrt(sum);
    return Row::value;
}

// -1 where a length is 0 or infinite, as DuckDB bounds a NaN; NULL for vectors without elements.
template <class T>
Row cosine_similarity(const std::vector<T>& a, const std::vector<T>& b, T& out) {
    T product = 0, length_a = 0, length_b = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        product += a[i] * b[i];
        length_a += a[i] * a[i];
        length_b += b[i] * b[i];
    }
    out = std::max(T{-1}, std::min(product / std::sqrt(length_a * length_b), T{1}));
    return a.empty() ? Row::null : Row::value;
}

template <class T>
Row cosine_distance(const std::vector<T>& a, const std::vector<T>& b, T& out) {
    const Row row = cosine_similarity(a, b, out);
    out = T{1} - out;
    return row;
}

template <class T, auto run>
Kernel kernel_of() {
    return [](const Call& call) {
        const frame::Type type = element_type(call.types[0]);
        map_rows<T, Text, Text>(call, [&](Text left, Text right, T& out) {
            std::vector<T> a, b;
            const bool are_read = read_vector(call, type, left, a) &&
                                  read_vector(call, type, right, b) && a.size() == b.size();
            return are_read ? run(a, b, out) : Row::failed;
        });
    };
}

template <auto of_floats, auto of_doubles>
Result<BoundFunction> bind_pair(const Signature& signature) {
    const auto& types = signature.arguments;
    const bool are_alike = types.size() == 2 && types[0] == types[1];
    const std::string_view list = are_alike ? std::string_view(types[0].sql_name) : "";
    const frame::TypeId result = signature.result.id;
    if (list == "FLOAT[]" && result == frame::TypeId::real)
        return BoundFunction{kernel_of<float, of_floats>(), nullptr};
    if (list == "DOUBLE[]" && result == frame::TypeId::float64)
        return BoundFunction{kernel_of<double, of_doubles>(), nullptr};
    return no_overload(signature);
}

}  // namespace

QUERN_ROW_FUNCTION("list_inner_product", "The sum of the products of two vectors' elements.",
                   "list_inner_product([1.0, 2.0], [3.0, 4.0]) = 11",
                   bind_pair<inner_product<float>, inner_product<double>>);
QUERN_ROW_FUNCTION("list_negative_inner_product", "The inner product with its sign changed.",
                   "list_negative_inner_product([1.0, 2.0], [3.0, 4.0]) = -11",
                   bind_pair<negative_inner_product<float>, negative_inner_product<double>>);
QUERN_ROW_FUNCTION("list_distance", "How far two vectors are apart: Euclid's distance.",
                   "list_distance([1.0, 2.0], [4.0, 6.0]) = 5",
                   bind_pair<distance<float>, distance<double>>);
QUERN_ROW_FUNCTION("list_cosine_similarity", "The cosine of the angle between two vectors.",
                   "list_cosine_similarity([1.0, 0.0], [0.0, 2.0]) = 0",
                   bind_pair<cosine_similarity<float>, cosine_similarity<double>>);
QUERN_ROW_FUNCTION("list_cosine_distance", "1 less the cosine of the angle between two vectors.",
                   "list_cosine_distance([1.0, 0.0], [0.0, 2.0]) = 1",
                   bind_pair<cosine_distance<float>, cosine_distance<double>>);

}  // namespace quern::score

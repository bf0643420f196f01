// numpy's arrays and numbers in a pickle, from the ways that numpy and joblib write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/score/importers/pickle.h"

namespace quern::score {

struct NumpyType {
    char kind = 'f';  // f, i, u, b, U, S, O, V as numpy has them
    size_t size = 8;  // in bytes
    bool is_swapped = false;
    struct Field;
    std::vector<Field> fields;  // of kind V
};
struct NumpyType::Field {
    std::string_view name;
    NumpyType type;
    size_t offset = 0;
};

struct NumpyArray {
    std::vector<size_t> shape;
    size_t count = 0;
    NumpyType type;
    std::string_view data;
    std::vector<PickleId> objects;  // of kind O
    bool is_fortran = false;

    size_t dimension(size_t i) const { return i < shape.size() ? shape[i] : 1; }
};

class NumpyReader {
public:
    explicit NumpyReader(const Pickle& pickle) : pickle_(pickle) {}

    struct JoblibShape {
        bool is_pickled = false;  // a pickle of its own follows
        bool is_aligned = false;  // a byte says how many to skip
        size_t size_bytes = 0;
    };
    Result<JoblibShape> joblib_shape(PickleId object) const;

    Result<NumpyArray> array(PickleId id) const;
    // All elements as doubles, the last index running fastest; also of a single number.
    Result<std::vector<double>> numbers(PickleId id) const;
    // One field of an array of records.
    Result<std::vector<double>> field(const NumpyArray& records, std::string_view name) const;
    static bool has_field(const NumpyArray& records, std::string_view name);
    Result<double> number(PickleId id) const;
    // Texts, numbers and booleans as texts; `are_integers` when all of them are.
    Result<std::vector<std::string>> labels(PickleId id, bool& are_integers) const;
    Result<std::vector<PickleId>> objects(PickleId id) const;  // of an array of them, or a list

private:
    Result<NumpyType> type(PickleId id) const;
    Result<NumpyType> field_type(PickleId id, NumpyType::Field& field) const;
    Result<std::vector<size_t>> sizes(PickleId id) const;
    Status finish(NumpyArray& array) const;
    Result<NumpyArray> rebuilt(PickleId id) const;
    Result<NumpyArray> from_buffer(PickleId id) const;
    Result<NumpyArray> of_joblib(PickleId id) const;
    const Pickle& pickle_;
};

}  // namespace quern::score

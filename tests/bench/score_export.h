// The C export of a model of trees, compiled as its users compile it.
#pragma once

#include <cstddef>
#include <string>

#include "quern/score/models/trees.h"

// gcc -std=c99 -O2, loaded.
class CompiledExport {
public:
    CompiledExport(const quern::score::Trees& trees, size_t column_count);
    double score(const double* row);
    long object_size_bytes() const { return object_size_bytes_; }  // code and tables

private:
    struct Value {  // how the export's struct lays out a nullable DOUBLE
        double value;
        bool has;
    };
    struct Output {
        double outputs[1], raw[1];
    };
    int (*score_)(const Value*, Output*) = nullptr;
    std::string inputs_;
    size_t column_count_;
    long object_size_bytes_ = 0;
};

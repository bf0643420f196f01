// What the importer of ONNX is made of: the chain of nodes (onnx.cc) and its ensembles of trees.
#pragma once

#include <string>
#include <vector>

#include "quern/score/importers/onnx_file.h"
#include "quern/score/program.h"

namespace quern::score {

struct OnnxModel {
    FittedModel model;
    Link link = Link::identity;
    bool is_classifier = false;
    std::vector<std::string> labels;
    bool are_integers = false;
};

// `is_float`: the graph computes with floats, else with doubles.
Result<OnnxModel> read_onnx_trees(const OnnxNode& node, size_t column_count, bool is_float);
size_t onnx_tree_columns(const OnnxNode& node);  // one more than the last feature that is read

Status read_onnx_labels(const OnnxNode& node, OnnxModel& model);
// The numbers of a list attribute, or of the tensor that newer files have instead.
const std::vector<double>& onnx_numbers(const OnnxNode& node, std::string_view name);

}  // namespace quern::score

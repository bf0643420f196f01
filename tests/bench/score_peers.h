// Other scorers of trees, each behind its own C interface, loaded when asked for.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

struct Peer {
    using Score = std::function<void(const double* rows, size_t row_count, double* scores)>;
    Score batch;  // on as many threads as asked, where `has_threads`; else on the caller's
    Score row;    // one row
    bool has_threads = false;
    bool has_own_model = false;  // else it scores LightGBM's
    double margin = 0;           // by which its scores may differ
};

// `library` holds the peer's code, `model` what it loads (a file; unused by what was compiled of
// a model).
Peer open_peer(std::string_view name, const std::string& library, const std::string& model,
               size_t column_count, size_t thread_count);

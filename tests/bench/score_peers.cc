#include "tests/bench/score_peers.h"

#include <dlfcn.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

namespace {

constexpr double kRounding = 1e-9, kFloat32 = 1e-4;

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "score_peers: %s\n", what.c_str());
    std::exit(1);
}

// The functions of a shared library, by name.
class Library {
public:
    explicit Library(const std::string& path) : handle_(dlopen(path.c_str(), RTLD_NOW)) {
        if (handle_ == nullptr) fail(dlerror());
    }
    template <class Function>
    Function* get(const char* name) const {
        void* found = dlsym(handle_, name);
        if (found == nullptr) fail(std::string("no function ") + name);
        return reinterpret_cast<Function*>(found);
    }

private:
    void* handle_;  // stays open
};

struct Asked {
    std::string library, model;
    size_t column_count, thread_count;
};

// What was compiled of a model, with score_rows() beside it.
Peer open_rows(const Asked& asked, bool has_own_model) {
    auto* score = Library(asked.library).get<void(const double*, size_t, double*)>("score_rows");
    return {.batch = score,
            .row = score,
            .has_own_model = has_own_model,
            .margin = has_own_model ? kFloat32 : kRounding};
}
Peer open_compiled(const Asked& asked) { return open_rows(asked, false); }
Peer open_compiled_own(const Asked& asked) { return open_rows(asked, true); }

union Entry {
    int missing;
    double value;
    int bin;
};

Peer open_tl2cgen(const Asked& asked) {
    auto* predict = Library(asked.library).get<void(Entry*, int, double*)>("predict");
    const auto score = [predict, width = asked.column_count](const double* rows, size_t count,
                                                             double* scores) {
        thread_local std::vector<Entry> entries;
        entries.resize(width);
        for (size_t i = 0; i < count; ++i, rows += width) {
            for (size_t c = 0; c < width; ++c) {
                if (std::isnan(rows[c]))
                    entries[c].missing = -1;
                else
                    entries[c].value = rows[c];
            }
            scores[i] = 0;
            predict(entries.data(), 1, &scores[i]);
        }
    };
    return {.batch = score, .row = score, .margin = kRounding};
}

// Treelite's own interpreter.
Peer open_treelite(const Asked& asked) {
    const Library library(asked.library);
    auto* load = library.get<int(const char*, const char*, void**)>("TreeliteLoadLightGBMModel");
    auto* parse = library.get<int(const char*, void**)>("TreeliteGTILParseConfig");
    auto* predict = library.get<int(void*, const void*, const char*, uint64_t, void*, void*)>(
        "TreeliteGTILPredict");
    void* model = nullptr;
    if (load(asked.model.c_str(), "{}", &model) != 0) fail("Treelite does not load the model");
    const auto on_threads = [&](size_t count) -> Peer::Score {
        const std::string text =
            R"({"predict_type": "raw", "nthread": )" + std::to_string(count) + "}";
        void* config = nullptr;
        if (parse(text.c_str(), &config) != 0) fail("Treelite does not read its configuration");
        return [=](const double* rows, size_t row_count, double* scores) {
            if (predict(model, rows, "float64", row_count, scores, config) != 0)
                fail("Treelite does not predict");
        };
    };
    return {.batch = on_threads(asked.thread_count),
            .row = on_threads(1),
            .has_threads = true,
            .margin = kRounding};
}

Peer open_xgboost(const Asked& asked) {
    const Library library(asked.library);
    auto* create = library.get<int(void* const*, uint64_t, void**)>("XGBoosterCreate");
    auto* load = library.get<int(void*, const char*)>("XGBoosterLoadModel");
    auto* set = library.get<int(void*, const char*, const char*)>("XGBoosterSetParam");
    auto* predict = library.get<int(void*, const char*, const char*, void*, const uint64_t**,
                                    uint64_t*, const float**)>("XGBoosterPredictFromDense");
    const auto on_threads = [&](size_t count) -> Peer::Score {
        void* booster = nullptr;
        if (create(nullptr, 0, &booster) != 0 || load(booster, asked.model.c_str()) != 0 ||
            set(booster, "nthread", std::to_string(count).c_str()) != 0)
            fail("XGBoost does not load the model");
        return
            [=, width = asked.column_count](const double* rows, size_t row_count, double* scores) {
                char values[160];
                std::snprintf(values, sizeof(values),
                              R"({"data": [%zu, true], "shape": [%zu, %zu], "typestr": "<f8", )"
                              R"("version": 3})",
                              reinterpret_cast<size_t>(rows), row_count, width);
                const uint64_t* shape = nullptr;
                uint64_t dimension = 0;
                const float* found = nullptr;
                if (predict(booster, values,
                            R"({"type": 1, "training": false, "iteration_begin": 0, )"
                            R"("iteration_end": 0, "strict_shape": false, "missing": NaN, )"
                            R"("cache_id": 0})",
                            nullptr, &shape, &dimension, &found) != 0)
                    fail("XGBoost does not predict");
                std::copy_n(found, row_count, scores);
            };
    };
    return {.batch = on_threads(asked.thread_count),
            .row = on_threads(1),
            .has_threads = true,
            .has_own_model = true,
            .margin = kFloat32};
}

// ONNX Runtime's interface is one table of functions, to which newer versions only add.
class OnnxRuntime {
public:
    explicit OnnxRuntime(const std::string& library) {
        struct Base {
            void** (*get)(uint32_t version);
            const char* (*version)();
        };
        table_ = Library(library).get<const Base*()>("OrtGetApiBase")()->get(kVersion);
        if (table_ == nullptr) fail("ONNX Runtime is too old");
        call(kCreateEnv, 3, "bench", &environment_);
        call(kCreateCpuMemoryInfo, 0, 0, &memory_);
    }

    void* open(const std::string& model, size_t thread_count) {
        void *options = nullptr, *session = nullptr;
        call(kCreateSessionOptions, &options);
        call(kSetIntraOpNumThreads, options, static_cast<int>(thread_count));
        call(kCreateSession, environment_, model.c_str(), options, &session);
        return session;
    }

    void run(void* session, float* rows, std::array<int64_t, 2> shape, float* scores) {
        constexpr int kFloat = 1;
        const std::array<int64_t, 2> score_shape{shape[0], 1};
        void *in = nullptr, *out = nullptr;
        const auto tensor = [&](float* data, const std::array<int64_t, 2>& of, void** value) {
            call(kCreateTensorWithData, memory_, data,
                 static_cast<size_t>(of[0] * of[1]) * sizeof(float), of.data(), size_t{2}, kFloat,
                 value);
        };
        tensor(rows, shape, &in);
        tensor(scores, score_shape, &out);
        const char *inputs[] = {"x"}, *outputs[] = {"variable"};
        call(kRun, session, nullptr, inputs, &in, size_t{1}, outputs, size_t{1}, &out);
        release(in);
        release(out);
    }

private:
    static constexpr uint32_t kVersion = 16;
    enum Place : uint8_t {
        kErrorMessage = 2,
        kCreateEnv = 3,
        kCreateSession = 7,
        kRun = 9,
        kCreateSessionOptions = 10,
        kSetIntraOpNumThreads = 24,
        kCreateTensorWithData = 49,
        kCreateCpuMemoryInfo = 69,
        kReleaseValue = 96,
    };

    template <class... Arguments>
    void call(Place place, Arguments... arguments) {
        void* error = reinterpret_cast<void* (*)(Arguments...)>(table_[place])(arguments...);
        if (error == nullptr) return;
        fail(reinterpret_cast<const char* (*)(void*)>(table_[kErrorMessage])(error));
    }
    void release(void* value) { reinterpret_cast<void (*)(void*)>(table_[kReleaseValue])(value); }

    void** table_ = nullptr;
    void *environment_ = nullptr, *memory_ = nullptr;
};

Peer open_onnx_runtime(const Asked& asked) {
    const auto runtime = std::make_shared<OnnxRuntime>(asked.library);
    const auto on_threads = [&](size_t count) -> Peer::Score {
        void* session = runtime->open(asked.model, count);
        return
            [=, width = asked.column_count](const double* rows, size_t row_count, double* scores) {
                // It reads and gives float32, so values are brought there and back.
                thread_local std::vector<float> few, found;
                few.assign(rows, rows + row_count * width);
                found.resize(row_count);
                runtime->run(session, few.data(),
                             {static_cast<int64_t>(row_count), static_cast<int64_t>(width)},
                             found.data());
                std::copy_n(found.data(), row_count, scores);
            };
    };
    return {.batch = on_threads(asked.thread_count),
            .row = on_threads(1),
            .has_threads = true,
            .margin = kFloat32};
}

}  // namespace

Peer open_peer(std::string_view name, const std::string& library, const std::string& model,
               size_t column_count, size_t thread_count) {
    struct Known {
        std::string_view name;
        Peer (*open)(const Asked&);
    };
    static constexpr Known kKnown[] = {
        {"TL2cgen", open_tl2cgen},   {"lleaves", open_compiled},
        {"Treelite", open_treelite}, {"ONNX Runtime", open_onnx_runtime},
        {"XGBoost", open_xgboost},   {"CatBoost", open_compiled_own},
        {"YDF", open_compiled_own},
    };
    for (const Known& known : kKnown)
        if (known.name == name) return known.open({library, model, column_count, thread_count});
    fail("no peer " + std::string(name));
}

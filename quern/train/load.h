// How the program reaches the trainer, which lives in a library of its own and is opened at the
// first training: a server never maps it.
#pragma once

#include <dlfcn.h>

#include <string>

#include "quern/train/fit_model.h"

namespace quern::train {

struct TrainingApi {
    Result<TrainedModel> (*fit)(const TrainingRequest& request) = nullptr;
    Status (*check)(const project::Model& model) = nullptr;
    std::vector<std::string> (*columns)(const project::Model& model,
                                        const score::CompiledFeatures& features) = nullptr;
    Status (*check_written)(const Written& written, std::span<const frame::Type> types) = nullptr;
};

inline constexpr char kTrainingLibrary[] = "libquern_train.so";
inline constexpr char kTrainingEntry[] = "quern_training_api";

// Opening the library also fills Registry<Learner> and Registry<Transform>.
inline Result<const TrainingApi*> load_training() {
    // GNU's OpenMP reads this when it is loaded. Threads that wait for each other then yield
    // soon, which costs nothing on a quiet machine and a lot less on a busy one.
    ::setenv("GOMP_SPINCOUNT", "10000", /*overwrite=*/0);
    void* library = ::dlopen(kTrainingLibrary, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        return failed_precondition("the trainer cannot be loaded: " + std::string(::dlerror()))
            .hint("libquern_train.so belongs beside the program; run ./dev build");
    }
    using Entry = const TrainingApi* (*)();
    const auto entry = reinterpret_cast<Entry>(::dlsym(library, kTrainingEntry));
    if (entry == nullptr) return internal("libquern_train.so is not of this build");
    return entry();
}

}  // namespace quern::train

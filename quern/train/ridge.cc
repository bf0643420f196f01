#include "quern/train/ridge.h"

#include <dlfcn.h>

#include <array>
#include <string>

namespace quern::train {
namespace {

struct Onedal {
    RidgeSolver solve = nullptr;
};

Result<Onedal> load_onedal() {
    void* library = ::dlopen(kOnedalLibrary, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        return failed_precondition("oneDAL cannot be loaded: " + std::string(::dlerror()))
            .hint("libquern_train_onedal.so belongs beside the program; run ./dev build");
    }
    const Onedal onedal{reinterpret_cast<RidgeSolver>(::dlsym(library, kRidgeEntry))};
    if (onedal.solve == nullptr) return internal("libquern_train_onedal.so is not of this build");
    return onedal;
}

}  // namespace

Result<std::vector<double>> ridge(const RidgeInput& input) {
    const auto onedal = TRY(load_onedal());
    std::vector<double> weights(input.column_count);
    std::array<char, 512> fault{};
    if (onedal.solve(input, weights.data(), fault.data(), fault.size())) return weights;
    return failed_precondition("no linear model could be fitted: " + std::string(fault.data()))
        .hint("raise `alpha`");
}

}  // namespace quern::train

// Stands in for the trainer: a loaded part with an entry, which uses functions of base that only
// the program holds.
#include "tests/loaded/entry.h"

namespace quern::loaded {
namespace {

Status play() { return Registry<Toy>::of_kind().find("drun").status(); }

QUERN_REGISTER(Toy)({.name = "ball", .play = play});

}  // namespace
}  // namespace quern::loaded

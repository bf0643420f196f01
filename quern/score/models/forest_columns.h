// The part of a forest that asks: columns, slots, tests.
#pragma once

#include "quern/score/models/forest.h"

namespace quern::score {

// Fills everything but trees and leaves. False if the limits are passed.
bool add_tests(const Trees& trees, Forest& forest);

}  // namespace quern::score

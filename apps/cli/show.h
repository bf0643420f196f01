// Parts of `quern show`.
#pragma once

#include <cstdint>
#include <string>

#include "quern/flow/workspace.h"
#include "quern/store/models.h"

#include "apps/cli/command.h"

namespace quern::cli {

Result<int> show_model(flow::Workspace& workspace, const store::ModelName& name,
                       const Invocation& invocation);

std::string age_words(int64_t time_ms);  // "2 days old", "just made"

}  // namespace quern::cli

#include "quern/data/line_format.h"

namespace quern::data {
namespace {

QUERN_REGISTER(SourceFormat)({
    .name = "common",
    .summary = "A web server's log in the common form: host, user, time, method, path, status, "
               "size_bytes.",
    .example = "file: logs/access.log*\nformat: common",
    .endings = {},
    .stage = [](StageRequest& request) { return stage_web_log(request, false); },
});

}  // namespace
}  // namespace quern::data

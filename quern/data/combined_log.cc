#include "quern/data/line_format.h"

namespace quern::data {
namespace {

QUERN_REGISTER(SourceFormat)({
    .name = "combined",
    .summary =
        "A web server's log in the combined form of Apache and nginx: host, user, time, method, "
        "path, status, size_bytes, referer, user_agent.",
    .example = "file: logs/access.log*\nformat: combined",
    .endings = {},
    .stage = [](StageRequest& request) { return stage_web_log(request, true); },
});

}  // namespace
}  // namespace quern::data

#include "quern/serve/worker.h"

#include "quern/base/hash.h"

namespace quern::serve {

Result<Role> Worker::role_of(std::string_view authorization) {
    const AccessList& list = access();
    const bool is_same_list = access_.number() == last_access_number_;
    if (is_same_list && !last_authorization_.empty() &&
        equal_in_constant_time(last_authorization_, authorization)) {
        return last_role_;
    }
    auto found = list.role_of(authorization);
    if (!found.ok() && served_.look_for_tokens && list.may_be_newer(authorization)) {
        served_.look_for_tokens();
        found = access().role_of(authorization);
    }
    const Role role = TRY(std::move(found));
    last_authorization_ = authorization;
    last_access_number_ = access_.number();
    last_role_ = role;
    return role;
}

}  // namespace quern::serve

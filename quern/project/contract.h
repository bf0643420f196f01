// What a service does with a request that breaks the model's input contract: `contract` of
// services/*.yml.
#pragma once

#include <cstdint>

namespace quern::project {

enum class OnViolation : uint8_t {
    allow,   // score it as it is
    impute,  // put a value in its place that training saw, and flag the field
    error,   // refuse the request, with every field that breaks the contract
};

struct Contract {
    OnViolation type = OnViolation::error;      // not a value of the column's type; never `allow`
    OnViolation null = OnViolation::error;      // NULL or absent where training saw no NULL
    OnViolation range = OnViolation::allow;     // a number or time beyond those in training
    OnViolation category = OnViolation::allow;  // a text that training did not see

    bool imputes() const {
        return type == OnViolation::impute || null == OnViolation::impute ||
               range == OnViolation::impute || category == OnViolation::impute;
    }
    bool operator==(const Contract&) const = default;
};

}  // namespace quern::project

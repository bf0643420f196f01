#include "quern/stats/distributions.h"

#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace quern::stats {

namespace bm = boost::math;

double normal_cdf(double z) { return bm::cdf(bm::normal(), z); }

double normal_quantile(double probability) { return bm::quantile(bm::normal(), probability); }

double student_t_quantile(double probability, double degrees_of_freedom) {
    return bm::quantile(bm::students_t(degrees_of_freedom), probability);
}

double beta_quantile(double probability, double a, double b) {
    return bm::quantile(bm::beta_distribution<double>(a, b), probability);
}

}  // namespace quern::stats

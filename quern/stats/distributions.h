// Quantiles and probabilities of the distributions that intervals and tests need.
#pragma once

namespace quern::stats {

double normal_cdf(double z);
double normal_quantile(double probability);  // probability in (0, 1)
double student_t_quantile(double probability, double degrees_of_freedom);
double beta_quantile(double probability, double a, double b);

}  // namespace quern::stats

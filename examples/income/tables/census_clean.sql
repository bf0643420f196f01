/* ---
description: One row per person, trimmed, unknown values as NULL, exact duplicates dropped
checks:
  - age: [not_null, {between: [17, 90]}]
  - education_num: {between: [1, 16]}
  - sex: {in: [Female, Male]}
  - hours_per_week: {between: [1, 99]}
  - workclass: {not_null: {mostly: 0.9}}
  - income: [not_null, {in: ["<=50K", ">50K"]}]
  - rows: {min: 30000}
  - sql: select * from census_clean where capital_gain > 0 and capital_loss > 0
--- */
select distinct
    age,
    nullif(trim(workclass), '?') as workclass,
    fnlwgt,
    trim(education) as education,
    education_num,
    trim(marital_status) as marital_status,
    nullif(trim(occupation), '?') as occupation,
    trim(relationship) as relationship,
    trim(race) as race,
    trim(sex) as sex,
    capital_gain,
    capital_loss,
    hours_per_week,
    nullif(trim(native_country), '?') as native_country,
    trim(income) as income
from census

/* ---
description: One row per departure of January to March, as of the hour it was due
checks:
  - rows: {min: 70000}
  - origin: {in: [EWR, JFK, LGA]}
  - late: not_null
--- */
select
    carrier,
    flight,
    origin,
    dest,
    tailnum,
    distance,
    hour,
    time_hour as due_at,
    dep_delay >= 15 as late
from flights
where dep_delay is not null and month <= 3

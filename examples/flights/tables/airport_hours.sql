/* ---
description: How late each airport's departures of an hour were, known once the last of them has left
checks:
  - sql: select * from airport_hours where known_at < due_at
--- */
select
    origin,
    time_hour as due_at,
    max(time_hour + to_minutes(minute::bigint + greatest(dep_delay, 0)::bigint)) as known_at,
    avg(greatest(dep_delay, 0)) as mean_delay,
    count(*) as departures
from flights
where dep_delay is not null
group by origin, time_hour

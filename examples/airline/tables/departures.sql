/* ---
description: Each departure with its plane and the weather of its hour
checks:
  - origin: {in: [EWR, JFK, LGA]}
  - temp: {not_null: {mostly: 0.95}}
  - seats: {between: [1, 500]}
  - rows: {min: 1}
--- */
select
    f.time_hour, f.origin, f.dest, f.carrier, f.dep_delay,
    p.manufacturer, p.seats, 2013 - p.year as plane_age,
    w.temp, w.wind_speed, w.visib
from flights f
left join planes p using (tailnum)
left join weather w on w.origin = f.origin and w.time_hour = f.time_hour

/* ---
description: Stones whose three sizes are known; a size of 0 in the raw file means unknown
checks:
  - price: {between: [1, 20000]}
  - carat: {between: [0.2, 5.1]}
  - cut: {in: [Fair, Good, Very Good, Premium, Ideal]}
  - color: {matches: "[D-J]"}
  - x: [not_null, {between: [1, 15]}]
  - rows: {min: 53000}
--- */
select distinct carat, cut, color, clarity, depth, "table" as table_width, x, y, z, price
from stones
where x > 0 and y > 0 and z > 0 and y < 30 and z < 30

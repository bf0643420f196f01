/* ---
checks:
  - species: {in: [Adelie, Chinstrap, Gentoo]}
  - body_mass_g: {between: [2500, 6500]}
  - sex: {in: [female, male]}
--- */
select species, bill_length_mm, bill_depth_mm, flipper_length_mm, body_mass_g, sex, year
from penguins
where bill_length_mm is not null

-- Forgets a build and what was parked in it.
with forgotten as (delete from alis.parked where log = $1 and name = $2 and build = $3)
delete from alis.projection where log = $1 and name = $2 and build = $3

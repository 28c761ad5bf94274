-- Announces a build, unless one of this version is announced already.
insert into alis.projection (log, name, build, version, state)
select $1, $2, coalesce(max(build), 0) + 1, $3::integer, 'building'
from alis.projection where log = $1 and name = $2
having count(*) filter (where state = 'building' and version = $3) = 0
on conflict do nothing

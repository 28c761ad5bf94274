-- Announces a build, unless one of this version is announced already or a later one than $4 has
-- been finished: one statement, so that nothing comes between the two looks.
insert into alis.projection (log, name, build, version, state)
select $1, $2, coalesce(max(build), 0) + 1, $3::integer, 'building'
from alis.projection where log = $1 and name = $2
having count(*) filter (where version = $3 and (state = 'building' or state = 'live' and build > $4)) = 0
on conflict do nothing

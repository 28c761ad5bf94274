-- Moves the read models ($4, $5 their versions) past facts after position $2 of which none concerns
-- a subject of their kind ($6): their rows are what they were. One that stands elsewhere, or that
-- somebody has taken, is left to its worker. The commit need not wait for the disk, see checkpoint.
with next as materialized (
  select e.position, e.subjects from alis.event e
  where e.log = $1 and e.position > $2
  order by e.position
  limit $3
), permissions as materialized (
  select max(next.position) as position, set_config('synchronous_commit', 'off', true) from next
), kinds as materialized (
  select distinct split_part(n.name, ':', 1) as kind from next, unnest(next.subjects) as n (name)
), free as (
  select p.log, p.name, p.build
  from alis.projection p
  join unnest($4::text[], $5::integer[], $6::text[]) as m (name, version, kind)
    on m.name = p.name and m.version = p.version
  where p.log = $1 and p.state = 'live' and p.position >= $2
    and p.position < (select permissions.position from permissions)
    and m.kind not in (select kinds.kind from kinds)
  for update of p skip locked
)
update alis.projection p set position = permissions.position, updated_at = now()
from free, permissions
where p.log = free.log and p.name = free.name and p.build = free.build
returning p.name, p.position

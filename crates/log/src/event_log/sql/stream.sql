-- The log in order, for a rebuild: what concerns some subject of a kind ($3, with its colon).
select e.position, e.id, e.type, e.recorded_at, e.payload::text, e.subjects
from alis.event e
where e.log = $1 and e.position <= $2
  and exists (select from unnest(e.subjects) as n (name) where starts_with(n.name, $3))
order by e.position

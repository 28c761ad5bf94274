-- The newest fact of some types among those just recorded. Bounded by the range of the primary key:
-- the caller has seen everything before it.
select coalesce(max(e.position), 0)
from alis.event e
where e.log = $1 and e.position > $2 and e.position <= $3 and e.type = any($4)

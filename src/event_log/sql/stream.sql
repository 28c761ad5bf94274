-- The whole log in order, for a rebuild.
select position, id, type, recorded_at, payload::text, subjects
from alis.event
where log = $1 and position <= $2
order by position

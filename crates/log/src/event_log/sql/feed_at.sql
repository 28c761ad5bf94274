-- Facts of the feed by their positions, by the primary key.
select position, id, type, schema_version, recorded_at, effective_from, municipality, subjects,
       payload::text, meta::text
from alis.event
where log = $1 and position = any ($2)
order by position

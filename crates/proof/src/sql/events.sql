-- A stretch of the log, to the letter.
select position, id, type, schema_version, recorded_at, effective_from, municipality, subjects,
       payload::text, meta::text
from alis.event
where log = $1 and position > $2 and position <= $3
order by position

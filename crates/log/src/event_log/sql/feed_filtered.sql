-- The feed under filters, over a bounded window of positions ($3), so that a filter that matches
-- nothing costs no more than the window.
select position, id, type, schema_version, recorded_at, effective_from, municipality, subjects,
       payload::text, meta::text
from alis.event e
where log = $1 and position > $2 and position <= $3
  and ($5::text[] is null or type = any ($5))
  and ($6::text is null or municipality = $6)
  and {visible}
order by position
limit $4

-- What concerns any of some subjects, newest first. A fact with two of them comes once. The join
-- within looks facts up one by one, newest first, and stops at the limit.
select e.position, e.id, e.type, e.schema_version, e.recorded_at, e.effective_from,
       e.municipality, e.subjects, e.payload::text, e.meta::text
from (
  select distinct es.position
  from alis.subject s
  join alis.event_subject es on es.log = s.log and es.subject = s.id
  join alis.event held on held.log = es.log and held.position = es.position
  where s.log = $1 and s.name = any ($2) and es.position < $3 and es.position > $4
    and ($6::date is null or held.effective_from <= $6)
  order by es.position desc
  limit $5
) found
join alis.event e on e.log = $1 and e.position = found.position
order by e.position desc

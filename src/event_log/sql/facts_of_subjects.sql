-- Everything about some subjects up to a position; a fact of two of them comes twice.
select e.position, e.id, e.type, e.schema_version, e.recorded_at, e.effective_from,
       e.municipality, e.subjects, e.payload::text, e.meta::text, s.name
from alis.subject s
join alis.event_subject es on es.log = s.log and es.subject = s.id
join alis.event e on e.log = es.log and e.position = es.position
where s.log = $1 and s.name = any ($2) and es.position <= $3
order by s.name, es.position

-- The facts of one subject in order, by the primary keys of subject, event_subject and event.
select e.position, e.id, e.type, e.recorded_at, e.payload::text
from alis.subject s
join alis.event_subject es on es.log = s.log and es.subject = s.id
join alis.event e on e.log = es.log and e.position = es.position
where s.log = $1 and s.name = $2 and es.position <= $3
order by es.position
limit $4

-- The facts of one subject in order, by the primary keys of subject, event_subject and event. The
-- lateral look-up, here and elsewhere, is one no planner can turn around: without statistics it
-- takes "all events of this log" for a few rows, and would read them once for every fact.
select e.position, e.id, e.type, e.recorded_at, e.payload::text
from alis.subject s
join alis.event_subject es on es.log = s.log and es.subject = s.id
join lateral (select * from alis.event e
              where e.log = es.log and e.position = es.position limit 1) e on true
where s.log = $1 and s.name = $2 and es.position <= $3
order by es.position
limit $4

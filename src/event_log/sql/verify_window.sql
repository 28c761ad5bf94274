-- One window of the log beside what the other tables say of it.
select e.position, e.recorded_at, e.subjects,
       (select array_agg(s.name)
        from alis.event_subject es
        join alis.subject s on s.log = es.log and s.id = es.subject
        where es.log = e.log and es.position = e.position),
       e.meta ->> 'command'
from alis.event e
where e.log = $1 and e.position > $2 and e.position <= $3
order by e.position

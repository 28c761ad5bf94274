-- One window of the log beside what the other tables say of it: how many subjects each event names,
-- how many of them have a tag at its position, and where the ledger says its command ended.
select e.position, e.recorded_at, e.meta ->> 'command',
       (select c.head from alis.command c where c.log = e.log and c.key = e.meta ->> 'command'),
       (select count(distinct n.name) from unnest(e.subjects) as n (name)),
       (select count(distinct n.name) from unnest(e.subjects) as n (name)
        where (select count(*) from alis.event_subject es
               where es.log = e.log and es.position = e.position
                 and es.subject = (select s.id from alis.subject s
                                   where s.log = e.log and s.name = n.name)) = 1)
from alis.event e
where e.log = $1 and e.position > $2 and e.position <= $3
order by e.position

-- What no walk along the log meets: rows outside of it, and counters that lag behind.
select (select count(*) from alis.event e
        where e.log = l.log and (e.position < 1 or e.position > l.head)),
       (select count(*) from alis.event_subject es where es.log = l.log and es.position <= $2),
       (select count(*) from alis.event_subject es
        where es.log = l.log and (es.position < 1 or es.position > l.head)),
       (select count(*) from alis.command c where c.log = l.log),
       (select count(*) from alis.command c
        where c.log = l.log and (c.head < 0 or c.head > l.head)),
       l.subjects < (select coalesce(max(s.id), 0) from alis.subject s where s.log = l.log),
       l.recorded_at < coalesce((select e.recorded_at from alis.event e
                                 where e.log = l.log and e.position = l.head), '-infinity'),
       (select count(*) from alis.command c where c.log = l.log and c.at > l.recorded_at)
from alis.log l
where l.log = $1

-- Some subjects by name, each beside the newest fact that is tagged with it. One statement sees
-- both at the same moment, so that appends meanwhile do not matter.
select s.name, s.head,
       (select max(es.position) from alis.event_subject es
        where es.log = s.log and es.subject = s.id)
from alis.subject s
where s.log = $1 and s.name > $2
order by s.name
limit $3

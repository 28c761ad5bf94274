-- Tags that no event accounts for. It reads every tag, so it is asked only when the numbers differ.
select es.position, s.name,
       exists (select from alis.event e where e.log = es.log and e.position = es.position)
from alis.event_subject es
left join alis.subject s on s.log = es.log and s.id = es.subject
where es.log = $1
  and not exists (select from alis.event e
                  where e.log = es.log and e.position = es.position and s.name = any (e.subjects))
order by es.position, s.name
limit $2

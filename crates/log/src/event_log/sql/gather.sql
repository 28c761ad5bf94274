-- The facts of several subjects ($2) in order, for requests that arrived together. A subject whose
-- head is still the one known ($3) answers with one row that holds no fact, one that does not exist
-- with none. The look-ups are those of load.sql.
select f.position, f.id, f.type, f.recorded_at, f.payload::text, n.ord, s.head
from unnest($2::text[], $3::bigint[]) with ordinality as n (name, known, ord)
join lateral (select * from alis.subject s where s.log = $1 and s.name = n.name limit 1) s on true
left join lateral (
  select e.* from (select es.log, es.position from alis.event_subject es
                   where es.log = s.log and es.subject = s.id and s.head <> n.known
                   order by es.position limit $4) es
  join lateral (select * from alis.event e
                where e.log = es.log and e.position = es.position limit 1) e on true
) f on true
order by n.ord, f.position

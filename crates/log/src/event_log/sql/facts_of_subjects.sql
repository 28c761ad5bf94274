-- Everything about some subjects up to a position; a fact of two of them comes twice. The facts of
-- each are looked up on their own, see load.sql.
select e.position, e.id, e.type, e.schema_version, e.recorded_at, e.effective_from,
       e.municipality, e.subjects, e.payload::text, e.meta::text, s.name
from unnest($2::text[]) as n (name)
join lateral (select * from alis.subject s where s.log = $1 and s.name = n.name limit 1) s on true
join lateral (select es.log, es.position from alis.event_subject es
              where es.log = s.log and es.subject = s.id and es.position <= $3
              offset 0) es on true
join lateral (select * from alis.event e
              where e.log = es.log and e.position = es.position limit 1) e on true
order by s.name, e.position

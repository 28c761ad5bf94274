-- The feed of one subject, by the primary key of event_subject; see load.sql.
select e.position, e.id, e.type, e.schema_version, e.recorded_at, e.effective_from, e.municipality,
       e.subjects, e.payload::text, e.meta::text
from alis.subject s
join alis.event_subject es on es.log = s.log and es.subject = s.id
join lateral (select * from alis.event e
              where e.log = es.log and e.position = es.position limit 1) e on true
where s.log = $1 and s.name = $7 and es.position > $2 and es.position <= $3
  and ($5::text[] is null or e.type = any ($5))
  and ($6::text is null or e.municipality = $6)
  and {visible}
order by es.position
limit $4

-- What concerns any of some subjects, oldest first: history.sql the other way round.
select e.position, e.id, e.type, e.schema_version, e.recorded_at, e.effective_from,
       e.municipality, e.subjects, e.payload::text, e.meta::text
from (
  select distinct es.position
  from unnest($2::text[]) as n (name)
  join lateral (select * from alis.subject s
                where s.log = $1 and s.name = n.name limit 1) s on true
  join lateral (select es.position from alis.event_subject es
                join lateral (select 1 from alis.event e
                              where e.log = es.log and e.position = es.position
                                and ($6::date is null or e.effective_from <= $6)
                                and ($7::text is null or e.payload ->> $7::text = $8::text)
                                and {visible}
                              limit 1) held on true
                where es.log = s.log and es.subject = s.id
                  and es.position < $3 and es.position > $4
                order by es.position limit $5) es on true
  order by es.position
  limit $5
) found
join lateral (select * from alis.event e
              where e.log = $1 and e.position = found.position limit 1) e on true
order by e.position

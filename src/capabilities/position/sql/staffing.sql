-- Positions as on a day, as known at a position of the log, counted by programme and municipality.
-- A closed position exists no more. Each position is in one of the eight counts: they are the leaves
-- that every figure of the report is a sum of.
-- What is filed under a number that is out of use on the day is counted under the one that followed
-- it, as far as one did: after a split, and where nothing is recorded, the old number stands, with
-- the name and the region of its last day.
-- The read models' own indexes serve this: positions by their leading columns, municipalities and
-- programmes by key.
with recursive counted as (
  select
    p.programme,
    p.municipality,
    count(*) filter (where p.status = 'filled'
                       and p.intended_operating_model = 'self_employed'
                       and p.agreed_operating_model = 'self_employed') as self_employed_as_intended,
    count(*) filter (where p.status = 'filled'
                       and p.intended_operating_model = 'self_employed'
                       and p.agreed_operating_model = 'salaried') as salaried_not_self_employed,
    count(*) filter (where p.status = 'filled'
                       and p.intended_operating_model = 'salaried'
                       and p.agreed_operating_model = 'self_employed') as self_employed_not_salaried,
    count(*) filter (where p.status = 'filled'
                       and p.intended_operating_model = 'salaried'
                       and p.agreed_operating_model = 'salaried') as salaried_as_intended,
    count(*) filter (where p.status in ('planned', 'announced', 'vacant')
                       and p.intended_operating_model = 'self_employed') as vacant_self_employed,
    count(*) filter (where p.status in ('planned', 'announced', 'vacant')
                       and p.intended_operating_model = 'salaried') as vacant_salaried,
    count(*) filter (where p.status = 'suspended'
                       and p.intended_operating_model = 'self_employed') as suspended_self_employed,
    count(*) filter (where p.status = 'suspended'
                       and p.intended_operating_model = 'salaried') as suspended_salaried,
    (sum(p.percent) * 100)::bigint as percent_hundredths,
    (coalesce(sum((p.body -> 'occupancy' ->> 'percent')::numeric), 0) * 100)::bigint
      as filled_percent_hundredths,
    array_agg(p.key order by p.key) as position_ids
  from model.positions p
  where p.log = $1
    and p.valid_from <= $2 and p.valid_to >= $2
    and p.known_from <= $3 and p.known_to > $3
    and p.status <> 'closed'
    and ($4::uuid is null or p.programme = $4)
    and ($5::text[] is null or p.municipality = any ($5))
    and ($7::text[] is null or p.municipality = any ($7))
  group by p.programme, p.municipality
),
followed (filed, municipality, steps) as (
  select distinct municipality, municipality, 0 from counted
  union all
  select f.filed, next.municipality, f.steps + 1
  from followed f
  cross join lateral (
    select m.body, m.valid_to
    from model.municipalities m
    where m.log = $1 and m.key = f.municipality
      and m.valid_from <= $2 and m.known_from <= $3 and m.known_to > $3
    order by m.valid_from desc
    limit 1
  ) last
  cross join lateral (
    select min(s.municipality) as municipality
    from json_to_recordset(last.body -> 'successors') as s (municipality text, "on" date)
    having count(*) = 1 and min(s."on") <= $2
  ) next
  where last.valid_to < $2 and f.steps < 20
),
answering as (
  select distinct on (filed) filed, municipality from followed order by filed, steps desc
)
select c.programme, answering.municipality, c.self_employed_as_intended,
  c.salaried_not_self_employed, c.self_employed_not_salaried, c.salaried_as_intended,
  c.vacant_self_employed, c.vacant_salaried, c.suspended_self_employed, c.suspended_salaried,
  c.percent_hundredths, c.filled_percent_hundredths, c.position_ids,
  place.name as municipality_name, place.health_region, programme.name as programme_name
from counted c
join answering on answering.filed = c.municipality
left join lateral (
  select m.body ->> 'name' as name, m.health_region
  from model.municipalities m
  where m.log = $1 and m.key = answering.municipality
    and m.valid_from <= $2 and m.known_from <= $3 and m.known_to > $3
  order by m.valid_from desc
  limit 1
) place on true
left join lateral (
  select g.body ->> 'name' as name
  from model.programmes g
  where g.log = $1 and g.key = c.programme::text
    and g.valid_from <= $2 and g.known_from <= $3 and g.known_to > $3
  order by g.valid_from desc
  limit 1
) programme on true
where $6::text is null or place.health_region = $6
order by answering.municipality, c.municipality, c.programme nulls first
limit $8

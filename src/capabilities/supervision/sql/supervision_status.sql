-- Every trainee who holds a position on the day, and the assignment that tells most about it: an
-- active one before a lapsed one before a resting one, the trainee's own before a host's.
-- $1 log, $2 day, $3 known at, $4 numbers of the municipality, $5 trainee, $6 rows at most.
select t.key, held.municipality, a.supervisor, a.kind, a.status, a.qualification, a.exemption,
       a.exemption_to, a.mode, a.same_office, a.over_capacity, a.lapsed_since
from model.trainees t
cross join lateral (
  select min(number) as municipality
  from unnest(t.municipalities) number
  where $4::text[] is null or number = any ($4)
) held
left join lateral (
  select a.*
  from model.assignments a
  where a.log = t.log and a.trainee = t.key::uuid
    and a.valid_from <= $2 and a.valid_to >= $2 and a.known_from <= $3 and a.known_to > $3
    and a.status in ('active', 'lapsed', 'paused') and a.kind <> 'clinical'
  order by array_position(array['active', 'lapsed', 'paused'], a.status),
           a.kind <> 'individual', a.key
  limit 1
) a on true
where t.log = $1
  and t.valid_from <= $2 and t.valid_to >= $2 and t.known_from <= $3 and t.known_to > $3
  and held.municipality is not null
  and ($4::text[] is null or t.municipalities && $4)
  and ($5::uuid is null or t.key = $5::uuid::text)
  and ($7::bool or t.key = any ($8::text[]) or t.key in (
    select home.key from model.trainees home
    where home.log = $1 and home.home_municipalities && $9::text[] and home.valid_from <= $10 and home.valid_to >= $10
      and home.known_to = 9223372036854775807))
order by held.municipality, t.key
limit $6

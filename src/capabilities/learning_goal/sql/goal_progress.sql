-- One row a doctor and plan: the goals of the version that the doctor follows, by how they stand.
-- Every read model is asked for the same day and the same position of the log.
with followed as (
  select p.key as trainee, f.plan, f.curriculum
  from model.goal_plans p
  cross join lateral json_to_recordset(p.plans) as f (plan text, curriculum text)
  where p.log = $1 and p.valid_from <= $2 and p.valid_to >= $2
    and p.known_from <= $3 and p.known_to > $3
    and ($4::text is null or p.key = $4)
    and ($8::bool or p.key = any ($9::text[]) or p.key in (
      select home.key from model.trainees home
      where home.log = $1 and home.at_home && $10::text[] and home.valid_from <= $11 and home.valid_to >= $11
        and home.known_to = 9223372036854775807))
    and ($5::text is null or f.curriculum = $5)
    and ($6::text is null or exists (
      select 1 from model.trainees t
      where t.log = $1 and t.key = p.key and t.municipalities @> array[$6::text]
        and t.valid_from <= $2 and t.valid_to >= $2 and t.known_from <= $3 and t.known_to > $3))
  order by p.key, f.plan
  limit $7
)
select followed.trainee, followed.plan, followed.curriculum,
  count(*) as total,
  count(*) filter (where g.situation is null) as not_started,
  count(*) filter (where g.situation = 'submitted') as submitted,
  count(*) filter (where g.situation = 'returned') as returned,
  count(*) filter (where g.situation = 'approved') as approved,
  count(*) filter (where g.situation = 'revoked') as revoked,
  max(g.decided_on) filter (where g.situation = 'approved') as last_approval_on,
  min(g.submitted_on) filter (where g.situation = 'submitted') as oldest_waiting_on
from followed
join model.curriculum_goals c
  on c.log = $1 and c.curriculum = followed.curriculum and c.plan = followed.plan
  and c.valid_from <= $2 and c.valid_to >= $2 and c.known_from <= $3 and c.known_to > $3
left join model.learning_goals g
  on g.log = $1 and g.key = followed.trainee || '/' || c.code
  and g.valid_from <= $2 and g.valid_to >= $2 and g.known_from <= $3 and g.known_to > $3
group by 1, 2, 3
order by 1, 2

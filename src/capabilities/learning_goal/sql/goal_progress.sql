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
      where home.log = $1 and home.home_municipalities && $10::text[] and home.valid_from <= $11 and home.valid_to >= $11
        and home.known_to = 9223372036854775807))
    and ($5::text is null or f.curriculum = $5)
    and ($6::text[] is null or exists (
      select 1 from model.trainees t
      where t.log = $1 and t.key = p.key and t.municipalities && $6
        and t.valid_from <= $2 and t.valid_to >= $2 and t.known_from <= $3 and t.known_to > $3))
  order by p.key, f.plan
  limit $7
)
select followed.trainee, followed.plan, followed.curriculum,
  count(*) as total,
  count(*) filter (where g.status is null and counted.approvals is null) as not_started,
  count(*) filter (where g.status = 'submitted') as submitted,
  count(*) filter (where g.status = 'returned') as returned,
  count(*) filter (where g.status = 'approved' or counted.approvals is not null) as approved,
  count(*) filter (where g.status = 'revoked') as revoked,
  greatest(max(g.decided_on) filter (where g.status = 'approved'), max(counted.last_on))
    as last_approval_on,
  min(g.submitted_on) filter (where g.status = 'submitted') as oldest_waiting_on,
  count(counted.approvals) as counted_by_replacement,
  string_agg(counted.approvals, ' ') as counted_from
from followed
join model.curriculum_goals c
  on c.log = $1 and c.curriculum = followed.curriculum and c.plan = followed.plan
  and c.valid_from <= $2 and c.valid_to >= $2 and c.known_from <= $3 and c.known_to > $3
join model.curricula rule
  on rule.log = $1 and rule.key = followed.curriculum
  and rule.valid_from <= $2 and rule.valid_to >= $2
  and rule.known_from <= $3 and rule.known_to > $3
-- A version that tells a goal apart from those with its code in other versions has rows of its own.
left join model.learning_goals g
  on g.log = $1
  and g.key = followed.trainee || '/' || c.code
    || case when c.replaces is null then '' else '@' || c.curriculum end
  and g.valid_from <= $2 and g.valid_to >= $2 and g.known_from <= $3 and g.known_to > $3
-- The approvals of replaced goals that count for it: learning_goal/counting.rs in SQL. Without rows
-- to expand, as for every goal that something is done about, this costs nothing.
left join lateral (
  select string_agg(version.approvals, ' ') as approvals, max(version.last_on) as last_on
  from (
    select bool_and(pg.key is not null) as every_one, bool_or(pg.key is not null) as some_one,
      string_agg(pg.curriculum || '/' || pg.code, ' ') as approvals, max(pg.decided_on) as last_on
    from json_to_recordset(case when g.status is null then c.replaces end)
      as p (curriculum text, code text)
    join model.curriculum_goals pc
      on pc.log = $1 and pc.key = p.curriculum || '/' || p.code
      and pc.valid_from <= $2 and pc.valid_to >= $2 and pc.known_from <= $3 and pc.known_to > $3
    left join model.learning_goals pg
      on pg.log = $1 and pg.status = 'approved'
      and pg.key = followed.trainee || '/' || p.code
        || case when pc.replaces is null then '' else '@' || p.curriculum end
      and pg.valid_from <= $2 and pg.valid_to >= $2 and pg.known_from <= $3 and pg.known_to > $3
    group by p.curriculum
  ) version
  where case rule.predecessors_needed
    when 'any' then version.some_one else version.every_one end
) counted on true
group by 1, 2, 3
order by 1, 2

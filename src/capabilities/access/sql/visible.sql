-- Which facts a caller may see: `e` is the event, the places in braces become parameters. A doctor's
-- facts are found by the doctors' read model, because whose a doctor is follows from all positions;
-- the feed reads no further than that model has come.
(
  e.type like any ({types})
  or e.municipality = any ({municipalities})
  or e.subjects && {subjects}
  or exists (
    select 1
    from unnest(e.subjects) as n (name)
    cross join lateral (
      select split_part(split_part(n.name, ':', 2), '/', 1) as trainee
      where split_part(n.name, ':', 1) in ('trainee', 'goal', 'path', 'plan', 'supervision')
    ) about
    where about.trainee = any ({trainees})
       or exists (select 1 from model.trainees t
                  where t.log = e.log and t.key = about.trainee
                    and t.valid_from <= {day} and t.valid_to >= {day}
                    and t.known_to = 9223372036854775807
                    and t.home_municipalities && {municipalities})
  )
)

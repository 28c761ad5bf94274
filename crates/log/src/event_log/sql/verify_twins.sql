-- What must be one of its kind and is not: ids of events, and numbers of subjects. Neither has an
-- index of its own, which every append would pay for.
(select 'events ' || min(e.position) || ' and ' || max(e.position) || ' have the same id'
 from alis.event e where e.log = $1
 group by e.id having count(*) > 1
 order by min(e.position)
 limit $2)
union all
(select 'subjects ' || min(s.name) || ' and ' || max(s.name) || ' have the same number'
 from alis.subject s where s.log = $1
 group by s.id having count(*) > 1
 order by min(s.name)
 limit $2)

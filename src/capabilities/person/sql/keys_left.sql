-- Persons who were erased and whose keys are still there: an instance died in between. Each look-up
-- is by the primary key of alis.subject, and stays one: a scalar query is never turned around.
select k.person
from alis.person_key k
where k.log = $1
  and (select s.head from alis.subject s
       where s.log = $1 and s.name = 'erased:' || k.person limit 1) is not null
limit $2

-- Keys of persons, but for those whose erasure is in the log: the fact counts from the moment it is
-- recorded, also while its key is still being destroyed.
select k.person, k.wrapped
from alis.person_key k
where k.log = $1 and k.person = any ($2)
  and (select s.head from alis.subject s
       where s.log = $1 and s.name = 'erased:' || k.person limit 1) is null

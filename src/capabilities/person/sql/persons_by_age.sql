-- Persons who still have a key, in the order of their ids, and whether nothing was told of each after a
-- position: $4 are the kinds of subjects that are about a person. Bounded by the primary key; each
-- look-up is by the primary key of alis.subject, and stays one: a scalar query is never turned around.
select k.person,
       coalesce((select max(s.head) from alis.subject s
                 where s.log = $1
                   and s.name = any (array(select kind || ':' || k.person
                                           from unnest($4::text[]) as kinds (kind)))), 0) <= $3
from alis.person_key k
where k.log = $1 and k.person > $2
order by k.person
limit $5

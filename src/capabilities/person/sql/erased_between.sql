-- Who was erased by what was just recorded. Bounded by the range of the primary key: the reader has
-- seen everything before it.
select (e.payload ->> 'person')::uuid
from alis.event e
where e.log = $1 and e.position > $2 and e.position <= $3 and e.type = 'person.erased.v1'

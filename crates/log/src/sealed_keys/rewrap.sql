-- Only keys that are still as they were read: one that was destroyed meanwhile stays destroyed.
update alis.person_key k set wrapped = n.new
from unnest($2::uuid[], $3::bytea[], $4::bytea[]) as n (person, old, new)
where k.log = $1 and k.person = n.person and k.wrapped = n.old

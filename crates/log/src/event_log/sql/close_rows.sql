-- The rows that a batch ended: of one key, at most one open row begins on a day.
update {table} t set known_to = c.known_to
from unnest($2::text[], $3::date[], $4::bigint[]) as c (key, valid_from, known_to)
where t.log = $1 and t.key = c.key and t.valid_from = c.valid_from
  and t.known_to = 9223372036854775807

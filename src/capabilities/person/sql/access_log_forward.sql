-- Reads of personal data, oldest first: access_log.sql the other way round.
select id, at, caller::text, roles, operation, persons, request_id
from alis.access_log
where log = $1 and id > $2
  and ($3::uuid[] is null or persons && $3)
  and ($4::uuid is null or persons @> array[$4])
  and ($5::timestamptz is null or at >= $5)
  and ($6::timestamptz is null or at < $6)
order by id
limit $7

-- Reads of personal data, newest first. $3 are the persons that the caller may look at, null for all;
-- $4 is the person asked about, null for any.
select id, at, caller::text, roles, operation, persons, request_id
from alis.access_log
where log = $1 and id < $2
  and ($3::uuid[] is null or persons && $3)
  and ($4::uuid is null or persons @> array[$4])
  and ($5::timestamptz is null or at >= $5)
  and ($6::timestamptz is null or at < $6)
order by id desc
limit $7

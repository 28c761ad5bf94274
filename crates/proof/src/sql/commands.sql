-- A stretch of the ledger in the order of its tree: by time, and by key within one append. The
-- bounds on `at` alone are what its index understands.
select key, fingerprint, head, reply::text, at
from alis.command
where log = $1
  and at >= coalesce($2, '-infinity'::timestamptz) and at <= $3
  and (at, key collate "C") > (coalesce($2, '-infinity'::timestamptz), $4 collate "C")
order by at, key collate "C"
limit $5

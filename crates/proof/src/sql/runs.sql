-- The runs of one level that reach into a stretch of it.
select r.first_index, r.hashes
from alis.proof_run r
where r.log = $1 and r.tree = $2 and r.level = $3 and r.first_index < $5
  and r.first_index >= coalesce((select max(b.first_index) from alis.proof_run b
                                 where b.log = $1 and b.tree = $2 and b.level = $3
                                   and b.first_index <= $4), 0)
order by r.first_index

-- Takes the live build of a read model for this transaction, unless somebody has it. The commit need
-- not wait for the disk: what a crash takes back is folded again, rows and checkpoint together.
select build, position, set_config('synchronous_commit', 'off', true)
from alis.projection
where log = $1 and name = $2 and version = $3 and state = 'live'
for update skip locked

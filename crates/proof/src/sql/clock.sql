-- How far the log has come. Both come from one version of the row, and what an append adds is
-- visible together with it: every event up to the head is there, and, because the clock moves with
-- each append, every row of the ledger up to that instant.
select head, nullif(recorded_at, '-infinity') from alis.log where log = $1

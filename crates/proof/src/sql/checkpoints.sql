-- Checkpoints after one of them, in order.
select size, ledger_size, note from alis.checkpoint
where log = $1 and (size, ledger_size) > ($2, $3)
order by size, ledger_size
limit $4

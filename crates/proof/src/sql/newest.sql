-- The newest checkpoint.
select size, ledger_size, note from alis.checkpoint
where log = $1
order by size desc, ledger_size desc
limit 1

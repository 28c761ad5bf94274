-- Takes the trees of a log for this transaction, unless another sealer has them.
select size, ledger_size, nullif(ledger_at, '-infinity'), ledger_key from alis.proof
where log = $1
for update skip locked

-- How far the trees reach.
select size, ledger_size from alis.proof where log = $1

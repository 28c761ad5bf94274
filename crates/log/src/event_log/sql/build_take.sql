-- Takes an announced build for this transaction. One whose builder died is free again.
select build from alis.projection
where log = $1 and name = $2 and version = $3 and state = 'building'
order by build
limit 1
for update skip locked

-- Takes the live build of a read model for this transaction, unless somebody has it.
select build, position from alis.projection
where log = $1 and name = $2 and version = $3 and state = 'live'
for update skip locked

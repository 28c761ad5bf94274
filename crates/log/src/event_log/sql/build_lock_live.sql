-- The live builds, locked so that no worker moves them.
select build from alis.projection where log = $1 and name = $2 and state = 'live' for update

select max(build) from alis.projection
where log = $1 and name = $2 and version = $3 and state = 'live'

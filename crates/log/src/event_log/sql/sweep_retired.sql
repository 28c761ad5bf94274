select build from alis.projection where log = $1 and name = $2 and state = 'retired' order by build

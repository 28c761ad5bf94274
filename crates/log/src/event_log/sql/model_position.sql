-- How far the live table of a read model has come.
select position from alis.projection where log = $1 and name = $2 and state = 'live'

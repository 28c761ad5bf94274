select position from alis.projection where log = $1 and name = $2 and build = $3

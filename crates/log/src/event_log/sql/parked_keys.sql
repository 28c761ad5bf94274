select key from alis.parked where log = $1 and name = $2 and build = $3

select key, head from alis.command where log = $1

select head from alis.log where log = $1

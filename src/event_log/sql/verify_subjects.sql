select name, head from alis.subject where log = $1

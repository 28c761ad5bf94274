select wrapped from alis.secret where name = $1

select alis.position_at($1, $2)

select alis.forget($1, $2)

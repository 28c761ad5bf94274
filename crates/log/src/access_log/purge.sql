select alis.purge_access_log($1, $2, $3)

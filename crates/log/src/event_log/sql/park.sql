insert into alis.parked (log, name, build, key, position, error) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing

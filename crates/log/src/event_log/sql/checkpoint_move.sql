update alis.projection set position = $4, updated_at = now()
where log = $1 and name = $2 and build = $3

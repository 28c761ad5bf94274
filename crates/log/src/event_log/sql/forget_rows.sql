-- Also rows that are closed: they answer what was known before, and must not tell who it was.
update {table} set {sets} where log = $1 and key = any ($2)

select alis.seal($1, $2, $3, coalesce($4, '-infinity'::timestamptz), $5, $6, $7, $8, $9)

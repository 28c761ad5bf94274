-- One call, N commands; see the function in V0002__cheaper_append.sql.
select command, verdict, head, reply::text, moved, moved_heads
from alis.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)

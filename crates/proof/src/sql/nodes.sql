-- Complete nodes of a tree, in the order asked for. The newest run that begins at or before a node
-- is the one that has it; of a long run only the hash itself is read.
select substr(r.hashes, (n.index - r.first_index)::integer * 32 + 1, 32)
from unnest($3::smallint[], $4::bigint[]) with ordinality as n (level, index, ord)
join lateral (select p.first_index, p.hashes from alis.proof_run p
              where p.log = $1 and p.tree = $2 and p.level = n.level and p.first_index <= n.index
              order by p.first_index desc
              limit 1) r on true
order by n.ord

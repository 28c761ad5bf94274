-- How far the next facts reach, and which of the subjects they concern are of one kind ($4, with
-- its colon): the keys to fold.
with next as materialized (
  select e.position, e.subjects from alis.event e
  where e.log = $1 and e.position > $2
  order by e.position
  limit $3
)
select (select max(next.position) from next),
       array(select distinct n.name from next, unnest(next.subjects) as n (name)
             where starts_with(n.name, $4))

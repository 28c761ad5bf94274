-- The next facts by position: which subjects they concern tells which keys to fold.
select position, subjects from alis.event
where log = $1 and position > $2
order by position
limit $3

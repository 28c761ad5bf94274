-- What stands still in the live builds, and why.
select k.name, k.build, k.key, k.position, k.error
from alis.parked k
join alis.projection p on p.log = k.log and p.name = k.name and p.build = k.build
where k.log = $1 and p.state = 'live'
order by k.name, k.position, k.key
limit $2

-- How far each live or building read model has come, and what is parked.
select p.name, p.build, p.version, p.state, p.position, l.head, p.updated_at,
       (select count(*) from alis.parked k
        where k.log = p.log and k.name = p.name and k.build = p.build)
from alis.projection p
join alis.log l on l.log = p.log
where p.log = $1 and p.state <> 'retired'
order by p.name, p.build

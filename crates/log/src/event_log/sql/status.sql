-- How far each live or building read model has come, and how many keys are parked in it.
select p.name, p.build, p.version, p.state, p.position,
       (select count(*) from alis.parked k
        where k.log = p.log and k.name = p.name and k.build = p.build)
from alis.projection p
where p.log = $1 and p.state <> 'retired'
order by p.name, p.build

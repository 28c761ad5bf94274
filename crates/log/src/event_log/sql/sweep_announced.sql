-- Announced, never built, and overtaken since. One that is being built is locked, and stays.
delete from alis.projection p
using (select a.build from alis.projection a
       where a.log = $1 and a.name = $2 and a.state = 'building'
         and exists (select from alis.projection l
                     where l.log = $1 and l.name = $2 and l.state = 'live' and l.build > a.build)
       for update of a skip locked) old
where p.log = $1 and p.name = $2 and p.build = old.build

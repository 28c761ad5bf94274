-- What a person did that is recorded about others, newest first; $3 are the subjects whose events
-- the person has anyway. Goes through the whole log: an export is rare, and every append would pay
-- for an index of who acted.
select e.position, e.id, e.type, e.schema_version, e.recorded_at, e.effective_from,
       e.municipality, e.subjects, e.payload::text, e.meta::text
from alis.event e
where e.log = $1
  and (e.payload ->> 'by' = $2 or e.payload ->> 'delegated_by' = $2)
  and not e.subjects && $3
order by e.position desc
limit $4

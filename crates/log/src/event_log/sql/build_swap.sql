-- The new build is live, and those before it are retired. Builds announced for other versions are
-- their builders' business.
update alis.projection
set state = case when build = $3 then 'live' else 'retired' end, updated_at = now()
where log = $1 and name = $2 and (build = $3 or state = 'live')

-- The new build is live, every other one retired; answers the builds whose tables can go.
with made as (
  update alis.projection set state = 'live', updated_at = now()
  where log = $1 and name = $2 and build = $3
)
update alis.projection set state = 'retired', updated_at = now()
where log = $1 and name = $2 and build <> $3 and state <> 'retired'
returning build

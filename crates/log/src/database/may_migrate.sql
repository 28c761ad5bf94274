-- Whether the login may bring the schema up to date: it owns the one that is there, or none is
-- there and it may make it. Being a member of alis_service is neither.
select coalesce(
  (select pg_has_role(n.nspowner, 'usage') from pg_namespace n where n.nspname = 'alis'),
  has_database_privilege(current_database(), 'create'))

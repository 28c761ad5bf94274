-- A service whose login does not own the schema does not migrate: it asks whether the schema is its
-- program's.
grant select on refinery_schema_history to alis_service;

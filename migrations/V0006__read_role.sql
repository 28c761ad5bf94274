-- A third role, which only reads: for whoever looks at the log with SQL.
-- It sees neither keys nor who read what.
do $$
begin
  create role alis_read nologin;
exception when duplicate_object or unique_violation then
  null;  -- another database of the same server made it
end
$$;
grant usage on schema alis, model to alis_read;
grant select on alis.log, alis.event, alis.event_subject, alis.subject, alis.command,
  alis.proof, alis.proof_run, alis.checkpoint, alis.projection, alis.parked to alis_read;
-- Read models are made by the service, those of today and those to come.
grant select on all tables in schema model to alis_read;
alter default privileges for role alis_service in schema model grant select on tables to alis_read;

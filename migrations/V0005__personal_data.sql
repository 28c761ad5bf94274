-- What personal data needs of the database beside the keys of persons: that they can be destroyed,
-- but only for somebody whose erasure is a fact. See docs/privacy.md.

-- Destroys the keys of persons whose erasure is in the log. The service may not delete keys as it
-- likes: for anybody else this does nothing. Answers how many were destroyed.
create function alis.forget(p_log integer, p_persons uuid[]) returns bigint
language sql security definer
set search_path = alis, pg_temp
as $$
  with gone as (
    delete from alis.person_key k
    where k.log = p_log and k.person = any (p_persons)
      and exists (
        select from alis.subject s
        join alis.event_subject es on es.log = s.log and es.subject = s.id
        join alis.event e on e.log = es.log and e.position = es.position
        where s.log = p_log and s.name = 'erased:' || k.person and e.type = 'person.erased.v1')
    returning 1
  )
  select count(*) from gone
$$;
revoke all on function alis.forget from public;
grant execute on function alis.forget to alis_service;

-- Keys of the installation, wrapped under the master key. The look-up key of HPR numbers outlives
-- master keys, because its hashes are in the log. The service keeps it once and never changes it.
create table alis.secret (
  name     text   primary key,
  wrapped  bytea  not null
);
grant select, insert on alis.secret to alis_service;

-- Who read whose name or HPR number. Only ever added to, through a function; removed when it is old.
create table alis.access_log (
  log         integer      not null,
  id          bigint       generated always as identity,
  at          timestamptz  not null,
  caller      json         not null,   -- as in meta.actor of events
  roles       text[]       not null,   -- what the reader was to the register then
  operation   text         not null,
  persons     uuid[]       not null,   -- whose name or HPR number was told
  request_id  text         not null,
  primary key (log, id)
);
create index on alis.access_log using gin (persons);
create index on alis.access_log (log, at);

-- For the owner too: no entry changes, and none goes before its time.
create function alis.refuse_young_removal() returns trigger language plpgsql as $$
begin
  if old.at > clock_timestamp() - interval '30 days' then
    raise exception 'entries of the access log are kept for 30 days at least'
      using errcode = 'restrict_violation';
  end if;
  return old;
end
$$;
create trigger append_only before update or truncate on alis.access_log
  for each statement execute function alis.refuse_rewrite();
create trigger kept before delete on alis.access_log
  for each row execute function alis.refuse_young_removal();

create function alis.log_access(
  p_log         integer,
  p_times       timestamptz[],   -- an entry each
  p_callers     text[],
  p_roles       text[],          -- arrays, in their text form
  p_operations  text[],
  p_persons     text[],          -- arrays, in their text form
  p_requests    text[]
) returns void
language sql security definer
set search_path = alis, pg_temp
as $$
  insert into alis.access_log (log, at, caller, roles, operation, persons, request_id)
  select p_log, e.at, e.caller::json, e.roles::text[], e.operation, e.persons::uuid[], e.request
  from unnest(p_times, p_callers, p_roles, p_operations, p_persons, p_requests)
       as e (at, caller, roles, operation, persons, request)
$$;

-- Removes up to p_limit entries that are older than p_days; answers how many.
create function alis.purge_access_log(p_log integer, p_days integer, p_limit integer) returns bigint
language sql security definer
set search_path = alis, pg_temp
as $$
  with gone as (
    delete from alis.access_log a
    where a.log = p_log and a.id in (
      select o.id from alis.access_log o
      where o.log = p_log and o.at < clock_timestamp() - make_interval(days => p_days)
      order by o.at limit p_limit)
    returning 1
  )
  select count(*) from gone
$$;
revoke all on function alis.log_access, alis.purge_access_log from public;
grant select on alis.access_log to alis_service;
grant execute on function alis.log_access, alis.purge_access_log to alis_service;

-- The event log. Everything the service knows is a row in alis.event; every other table here
-- serves its order, its guards or its readers. See docs/events.md and ARCHITECTURE.md.

-- Two roles: whoever runs this file owns the tables and migrates; the service acts as
-- alis_service, which can read the log and append through one function, and nothing else.
do $$
begin
  create role alis_service nologin;
exception when duplicate_object or unique_violation then
  null;  -- another database of the same server made it
end
$$;
-- Lets the owner's own connection act as the service (SET ROLE) where no second login exists.
do $$
begin
  execute format('grant alis_service to %I', current_user);
exception when others then
  null;  -- a superuser needs no membership
end
$$;

create schema alis;
create schema model;  -- the read models: tables the service makes, fills and swaps by itself

-- One row an independent register. Its row lock is what orders all appends to that log.
create table alis.log (
  log          integer     primary key,
  name         text        not null unique,
  head         bigint      not null default 0,   -- position of the newest event, 0 when empty
  subjects     bigint      not null default 0,   -- numbers given to subjects so far
  recorded_at  timestamptz not null default '-infinity'  -- the log's clock: never runs backwards
) with (fillfactor = 50);
insert into alis.log (log, name) values (1, 'default');

create table alis.event (
  log             integer     not null,
  position        bigint      not null,           -- dense: 1, 2, 3, ... with no gap, ever
  id              uuid        not null,
  type            text        not null,
  schema_version  smallint    not null,
  recorded_at     timestamptz not null,           -- when we learnt it
  effective_from  date        not null,           -- from which day it holds
  municipality    text,                           -- a filter for readers, never a guard
  subjects        text[]      not null,           -- names, the main subject first
  payload         json        not null,           -- json, not jsonb: the exact bytes are hashed
  meta            json        not null,           -- who acted, and the request it came with
  primary key (log, position)
);
-- known_at given as an instant is turned into a position by this index.
create index event_recorded_at on alis.event (log, recorded_at, position);
create index event_municipality on alis.event (log, municipality, position)
  where municipality is not null;

-- What a guard watches: a subject's head is the position of the newest event that concerns it.
create table alis.subject (
  log   integer not null,
  id    bigint  not null,
  name  text    not null,
  head  bigint  not null,
  primary key (log, name)
) with (fillfactor = 80);

create table alis.event_subject (
  log       integer not null,
  subject   bigint  not null,
  position  bigint  not null,
  primary key (log, subject, position)
);

-- The ledger: one row an accepted command, committed with its events, answers every retry.
create table alis.command (
  log          integer     not null,
  key          text        not null,
  fingerprint  bytea       not null,   -- SHA-256 of the request; another body is another request
  head         bigint      not null,   -- the log's position after this command
  reply        json        not null,
  at           timestamptz not null,
  primary key (log, key)
);

-- One wrapped key a person. What identifies the person is sealed under it inside the events;
-- deleting the row makes those words unreadable for ever and leaves the log as it was.
create table alis.person_key (
  log      integer not null,
  person   uuid    not null,
  wrapped  bytea   not null,
  primary key (log, person)
);

-- Where each build of a read model stands. The row lock elects the one worker that may move it.
create table alis.projection (
  log         integer     not null,
  name        text        not null,
  build       integer     not null,              -- counts up; a rebuild makes the next one
  version     integer     not null,              -- of the code that folds it
  position    bigint      not null default 0,    -- every event up to here is in the table
  state       text        not null check (state in ('building', 'live', 'retired')),
  updated_at  timestamptz not null default now(),
  primary key (log, name, build)
);
-- Keys that one event could not be applied to: they stand still, all others go on.
create table alis.parked (
  log         integer     not null,
  name        text        not null,
  build       integer     not null,
  key         text        not null,
  position    bigint      not null,    -- the event that could not be applied
  error       text        not null,
  at          timestamptz not null default now(),
  primary key (log, name, build, key)
);

-- History is only ever added to, also by the owner of the tables.
create function alis.refuse_rewrite() returns trigger language plpgsql as $$
begin
  raise exception '% on %.% is refused: the log is append-only',
    tg_op, tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end
$$;
create trigger append_only before update or delete or truncate on alis.event
  for each statement execute function alis.refuse_rewrite();
create trigger append_only before update or delete or truncate on alis.event_subject
  for each statement execute function alis.refuse_rewrite();
create trigger append_only before update or delete or truncate on alis.command
  for each statement execute function alis.refuse_rewrite();
create trigger no_removal before delete or truncate on alis.subject
  for each statement execute function alis.refuse_rewrite();
create trigger no_removal before delete or truncate on alis.log
  for each statement execute function alis.refuse_rewrite();

-- Appends N independent commands in one round trip and answers one row a command:
--   ok          recorded; head = the log's position after it
--   duplicate   the key is in the ledger; reply = the stored answer
--   key_reused  the key is in the ledger with another fingerprint
--   conflict    a guarded subject has moved; moved/moved_heads name them and where they stand
-- Two commands of one call must not share a subject or a key (the write combiner sees to it):
-- guards are checked against the table, not against neighbours in the call.
--
-- Why READ COMMITTED and nothing else: after the row lock on alis.log every following statement
-- takes a new snapshot and so sees all earlier appends. Under REPEATABLE READ it would not.
create function alis.append(
  p_log                   integer,
  p_keys                  text[],      -- a command each
  p_fingerprints          bytea[],
  p_replies               text[],
  p_guard_commands        integer[],   -- a guard each; commands count from 1
  p_guard_subjects        text[],
  p_guard_heads           bigint[],
  p_event_commands        integer[],   -- an event each
  p_event_ids             uuid[],
  p_event_types           text[],
  p_event_schemas         smallint[],
  p_event_effective       date[],
  p_event_municipalities  text[],
  p_event_payloads        text[],
  p_event_metas           text[],
  p_tag_events            integer[],   -- a tag each; events count from 1
  p_tag_subjects          text[],
  p_person_commands       integer[],   -- a new person key each
  p_persons               uuid[],
  p_person_keys           bytea[]
) returns table (
  command integer, verdict text, head bigint, reply json, moved text[], moved_heads bigint[]
)
language plpgsql security definer
set search_path = alis, pg_temp
-- Without these three, 256 commands in a call cost 100 ms and more: the planner knows nothing of
-- the arrays and would compile, or loop over them once for every row. The lateral look-ups are its
-- only other choice: without statistics it would read a whole table to find a few keys in it.
set jit = off
set enable_nestloop = off
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_head      bigint;
  v_subjects  bigint;
  v_at        timestamptz;
  v_commands  integer := coalesce(array_length(p_keys, 1), 0);
  v_events    integer := coalesce(array_length(p_event_ids, 1), 0);
  v_ok        boolean[] := array_fill(true, array[v_commands]);
  v_heads     bigint[];     -- per command
  v_positions bigint[];     -- per event, null when its command is not recorded
  v_any       boolean := false;
  r           record;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'alis.append runs under READ COMMITTED only, not %',
      current_setting('transaction_isolation') using errcode = 'invalid_transaction_state';
  end if;

  select l.head, l.subjects, greatest(clock_timestamp(), l.recorded_at)
    into v_head, v_subjects, v_at
    from alis.log l where l.log = p_log for update;
  if not found then
    raise exception 'there is no log %', p_log using errcode = 'no_data_found';
  end if;
  v_at := greatest(clock_timestamp(), v_at);  -- the clock after the lock, not before it

  for r in
    select k.ord::integer as command, c.fingerprint, c.head, c.reply, p_fingerprints[k.ord] as mine
    from unnest(p_keys) with ordinality as k (key, ord)
    join lateral (select * from alis.command c
                  where c.log = p_log and c.key = k.key limit 1) c on true
  loop
    v_ok[r.command] := false;
    command := r.command;
    head := r.head;
    if r.fingerprint = r.mine then
      verdict := 'duplicate'; reply := r.reply;
    else
      verdict := 'key_reused'; reply := null;
    end if;
    return next;
  end loop;

  for r in
    select g.command, array_agg(g.subject) as moved, array_agg(coalesce(s.head, 0)) as heads
    from unnest(p_guard_commands, p_guard_subjects, p_guard_heads) as g (command, subject, head)
    left join lateral (select s.head from alis.subject s
                       where s.log = p_log and s.name = g.subject limit 1) s on true
    where v_ok[g.command] and coalesce(s.head, 0) <> g.head
    group by g.command
  loop
    v_ok[r.command] := false;
    command := r.command; verdict := 'conflict'; head := v_head; reply := null;
    moved := r.moved; moved_heads := r.heads;
    return next;
  end loop;

  v_heads := array_fill(v_head, array[v_commands]);
  v_positions := array_fill(null::bigint, array[v_events]);
  for i in 1 .. v_events loop
    if v_ok[p_event_commands[i]] then
      v_head := v_head + 1;
      v_positions[i] := v_head;
      v_heads[p_event_commands[i]] := v_head;
    end if;
  end loop;

  reply := null; moved := null; moved_heads := null;
  for i in 1 .. v_commands loop
    if v_ok[i] then
      v_any := true;
      command := i; verdict := 'ok'; head := v_heads[i];
      return next;
    end if;
  end loop;
  if not v_any then
    return;
  end if;

  if v_events > 0 then
    insert into alis.event (log, position, id, type, schema_version, recorded_at, effective_from,
                            municipality, subjects, payload, meta)
    select p_log, v_positions[e.ord], e.id, e.type, e.schema, v_at, e.effective, e.municipality,
           t.subjects, e.payload::json, e.meta::json
    from unnest(p_event_ids, p_event_types, p_event_schemas, p_event_effective,
                p_event_municipalities, p_event_payloads, p_event_metas)
         with ordinality as e (id, type, schema, effective, municipality, payload, meta, ord)
    join (select t.event, array_agg(t.subject order by t.ord) as subjects
          from unnest(p_tag_events, p_tag_subjects) with ordinality as t (event, subject, ord)
          group by t.event) t on t.event = e.ord
    where v_positions[e.ord] is not null;

    with tag as materialized (
      select t.subject, v_positions[t.event] as position
      from unnest(p_tag_events, p_tag_subjects) as t (event, subject)
      where v_positions[t.event] is not null
    ), touched as (
      insert into alis.subject as s (log, id, name, head)
      select p_log, v_subjects + row_number() over (), x.subject, x.head
      from (select tag.subject, max(tag.position) as head from tag group by tag.subject) x
      on conflict (log, name) do update set head = excluded.head
      returning s.id, s.name
    )
    insert into alis.event_subject (log, subject, position)
    select p_log, touched.id, tag.position
    from tag join touched on touched.name = tag.subject;

    insert into alis.person_key (log, person, wrapped)
    select p_log, k.person, k.wrapped
    from unnest(p_person_commands, p_persons, p_person_keys) as k (command, person, wrapped)
    where v_ok[k.command];
  end if;

  insert into alis.command (log, key, fingerprint, head, reply, at)
  select p_log, k.key, k.fingerprint, v_heads[k.ord], k.reply::json, v_at
  from unnest(p_keys, p_fingerprints, p_replies) with ordinality as k (key, fingerprint, reply, ord)
  where v_ok[k.ord];

  update alis.log l
     set head = v_head,
         subjects = l.subjects + coalesce(array_length(p_tag_subjects, 1), 0),
         recorded_at = v_at
   where l.log = p_log;
  -- A hint to wake readers early; nobody's correctness rests on it.
  perform pg_notify('alis_log', p_log || ':' || v_head);
end
$$;
revoke all on function alis.append from public;

grant usage on schema alis to alis_service;
grant usage, create on schema model to alis_service;
grant select on all tables in schema alis to alis_service;
grant insert, update, delete on alis.projection, alis.parked to alis_service;
grant execute on function alis.append to alis_service;

-- The newest position recorded at or before an instant. The answer for an instant, once given, never
-- changes: what is recorded before the log's own clock is visible already, and for a later instant
-- the clock is first set past it, which waits for an append in flight. No clock that runs ahead or
-- steps back can then put another event before that instant.
create function alis.position_at(p_log integer, p_instant timestamptz) returns bigint
language plpgsql security definer
set search_path = alis, pg_temp
as $$
begin
  if p_instant >= (select l.recorded_at from alis.log l where l.log = p_log) then
    if p_instant > clock_timestamp() + interval '10 seconds' then
      raise exception 'nothing can be known of % yet', p_instant
        using errcode = 'invalid_parameter_value';
    end if;
    update alis.log l set recorded_at = p_instant + interval '1 microsecond'
     where l.log = p_log and l.recorded_at <= p_instant;
  end if;
  return coalesce((select e.position from alis.event e
                   where e.log = p_log and e.recorded_at <= p_instant
                   order by e.recorded_at desc, e.position desc limit 1), 0);
end
$$;
revoke all on function alis.position_at from public;
grant execute on function alis.position_at to alis_service;

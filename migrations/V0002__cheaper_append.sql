-- An append writes less: neither of these indexes is worth an entry for every event.

-- The filtered feed reads a bounded window of positions and never used this one.
drop index alis.event_municipality;
-- What was recorded at or before an instant is found by halving the positions instead: the log's
-- clock never runs backwards, so recorded_at rises with them.
drop index alis.event_recorded_at;

-- The newest position recorded at or before an instant. The answer for an instant, once given, never
-- changes: what is recorded before the log's own clock is visible already, and for a later instant
-- the clock is first set past it, which waits for an append in flight. No clock that runs ahead or
-- steps back can then put another event before that instant.
create or replace function alis.position_at(p_log integer, p_instant timestamptz) returns bigint
language plpgsql security definer
set search_path = alis, pg_temp
as $$
declare
  v_low   bigint := 0;  -- recorded at or before the instant, or before the first event
  v_high  bigint;       -- nothing behind it was
  v_half  bigint;
begin
  if p_instant >= (select l.recorded_at from alis.log l where l.log = p_log) then
    if p_instant > clock_timestamp() + interval '10 seconds' then
      raise exception 'nothing can be known of % yet', p_instant
        using errcode = 'invalid_parameter_value';
    end if;
    update alis.log l set recorded_at = p_instant + interval '1 microsecond'
     where l.log = p_log and l.recorded_at <= p_instant;
  end if;
  v_high := coalesce((select l.head from alis.log l where l.log = p_log), 0);
  while v_low < v_high loop
    v_half := (v_low + v_high + 1) / 2;
    if (select e.recorded_at from alis.event e where e.log = p_log and e.position = v_half)
       <= p_instant then
      v_low := v_half;
    else
      v_high := v_half - 1;
    end if;
  end loop;
  return v_low;
end
$$;

-- As before, but for the log's clock: each append is later than the one before it.
--
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
create or replace function alis.append(
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

  select l.head, l.subjects, l.recorded_at + interval '1 microsecond'
    into v_head, v_subjects, v_at
    from alis.log l where l.log = p_log for update;
  if not found then
    raise exception 'there is no log %', p_log using errcode = 'no_data_found';
  end if;
  -- The clock after the lock, not before it; and no two appends at the same instant.
  v_at := greatest(clock_timestamp(), v_at);

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

-- Tamper evidence: two Merkle trees, one over the events and one over the ledger, and the signed
-- checkpoints of both. They are built behind the feed, so that no writer waits for them. See
-- docs/decisions/0008-merkle-trees-behind-the-feed.md and docs/receipts.md.

-- How far the trees of a log have been built. The row lock elects the one sealer that goes on.
create table alis.proof (
  log          integer      primary key,
  size         bigint       not null default 0,            -- events in their tree
  ledger_size  bigint       not null default 0,            -- ledger rows in theirs
  ledger_at    timestamptz  not null default '-infinity',  -- the newest of those rows
  ledger_key   text         not null default '',
  turn         boolean      not null default false         -- whoever may update it may lock the row
);

-- Complete nodes of the trees, as runs of neighbours: what one step of the sealer added to a level.
-- A node a row would cost three times its hash, and twice the work of the append itself.
create table alis.proof_run (
  log          integer   not null,
  tree         smallint  not null check (tree in (1, 2)),  -- 1 the events, 2 the ledger
  level        smallint  not null check (level between 0 and 62),
  first_index  bigint    not null,                         -- place of the first node on its level
  hashes       bytea     not null check (length(hashes) > 0 and length(hashes) % 32 = 0),
  primary key (log, tree, level, first_index)
);
-- Hashes cannot be compressed; kept as they are, a part of a run is read without the rest.
alter table alis.proof_run alter column hashes set storage external;

-- Signed checkpoints, as they were published.
create table alis.checkpoint (
  log          integer      not null,
  size         bigint       not null,
  ledger_size  bigint       not null,
  note         text         not null check (octet_length(note) between 1 and 8192),
  at           timestamptz  not null default clock_timestamp(),
  primary key (log, size, ledger_size)
);

create trigger append_only before update or delete or truncate on alis.proof_run
  for each statement execute function alis.refuse_rewrite();
create trigger append_only before update or delete or truncate on alis.checkpoint
  for each statement execute function alis.refuse_rewrite();
create trigger no_removal before delete or truncate on alis.proof
  for each statement execute function alis.refuse_rewrite();

-- The sealer reads the ledger by time. Rows lie in that order, so a summary of each stretch of the
-- table finds them, and an append does not pay for another index.
create index command_at on alis.command using brin (at)
  with (pages_per_range = 16, autosummarize = on);

insert into alis.proof (log) select l.log from alis.log l;
create function alis.begin_proof() returns trigger language plpgsql security definer
set search_path = alis, pg_temp as $$
begin
  insert into alis.proof (log) values (new.log);
  return null;
end
$$;
create trigger begin_proof after insert on alis.log
  for each row execute function alis.begin_proof();

-- Adds nodes to both trees and says how far they reach now. What is there is never overwritten, and
-- nothing is left out: each level is given exactly the nodes that the new sizes complete.
create function alis.seal(
  p_log          integer,
  p_size         bigint,
  p_ledger_size  bigint,
  p_ledger_at    timestamptz,
  p_ledger_key   text,
  p_trees        smallint[],   -- a run each
  p_levels       smallint[],
  p_firsts       bigint[],
  p_hashes       bytea[]
) returns void
language plpgsql security definer
set search_path = alis, pg_temp
as $$
declare
  v_old       alis.proof;
  v_expected  bigint;
begin
  select * into v_old from alis.proof p where p.log = p_log for update;
  if not found then
    raise exception 'there is no log %', p_log using errcode = 'no_data_found';
  end if;
  if p_size < v_old.size or p_ledger_size < v_old.ledger_size
     or (p_ledger_at, p_ledger_key collate "C") < (v_old.ledger_at, v_old.ledger_key collate "C")
     or p_size > (select l.head from alis.log l where l.log = p_log) then
    raise exception 'the trees of log % grow with the log and never shrink', p_log
      using errcode = 'restrict_violation';
  end if;

  select count(*) into v_expected
  from (values (1, v_old.size, p_size), (2, v_old.ledger_size, p_ledger_size))
         as t (tree, before, after),
       generate_series(0, 62) as level
  where t.before >> level < t.after >> level;

  if cardinality(p_hashes) <> v_expected or exists (
    select from unnest(p_trees, p_levels, p_firsts, p_hashes) as r (tree, level, first, hashes)
    left join (values (1, v_old.size, p_size), (2, v_old.ledger_size, p_ledger_size))
                as t (tree, before, after) on t.tree = r.tree
    where r.first is distinct from t.before >> r.level
       or length(r.hashes)
          is distinct from (32 * ((t.after >> r.level) - (t.before >> r.level)))::integer
  ) then
    raise exception 'these nodes do not follow those of log %', p_log
      using errcode = 'restrict_violation';
  end if;

  insert into alis.proof_run (log, tree, level, first_index, hashes)
  select p_log, r.tree, r.level, r.first, r.hashes
  from unnest(p_trees, p_levels, p_firsts, p_hashes) as r (tree, level, first, hashes);

  update alis.proof p
     set size = p_size, ledger_size = p_ledger_size,
         ledger_at = p_ledger_at, ledger_key = p_ledger_key
   where p.log = p_log;
end
$$;
revoke all on function alis.seal from public;

-- Publishes a signed checkpoint of the trees as they stand.
create function alis.publish_checkpoint(
  p_log integer, p_size bigint, p_ledger_size bigint, p_note text
) returns void
language plpgsql security definer
set search_path = alis, pg_temp
as $$
begin
  perform from alis.proof p
    where p.log = p_log and p.size = p_size and p.ledger_size = p_ledger_size for update;
  if not found then
    raise exception 'the trees of log % do not stand at % and %', p_log, p_size, p_ledger_size
      using errcode = 'restrict_violation';
  end if;
  insert into alis.checkpoint (log, size, ledger_size, note)
  values (p_log, p_size, p_ledger_size, p_note);
end
$$;
revoke all on function alis.publish_checkpoint from public;
revoke all on function alis.begin_proof from public;

grant select on alis.proof, alis.proof_run, alis.checkpoint to alis_service;
grant update (turn) on alis.proof to alis_service;
grant execute on function alis.seal, alis.publish_checkpoint to alis_service;

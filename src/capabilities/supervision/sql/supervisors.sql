create table {table} (
  log              integer not null,
  key              text    not null,   -- the supervisor's id
  valid_from       date    not null,
  valid_to         date    not null,
  known_from       bigint  not null,
  known_to         bigint  not null,
  hpr_lookup       text    not null,   -- keyed hash, never the number
  specialist       boolean not null,
  over_capacity    boolean not null,
  active_trainees  integer not null,
  external         text[]  not null,
  body             json    not null
);
create index on {table} (log, hpr_lookup, key);
create index on {table} using gin (external);
create index on {table} (log, active_trainees, key, valid_from, known_from);

create table {table} (
  log             integer not null,
  key             text    not null,   -- the leader's id
  valid_from      date    not null,
  valid_to        date    not null,
  known_from      bigint  not null,
  known_to        bigint  not null,
  hpr_lookup      text,               -- keyed hash, never the number
  municipalities  text[]  not null,   -- where the leader leads on these days
  external        text[]  not null,
  body            json    not null
);
create index on {table} (log, hpr_lookup, key) where hpr_lookup is not null;
create index on {table} using gin (municipalities);
create index on {table} using gin (external);

create table {table} (
  log             integer not null,
  key             text    not null,   -- the trainee's id
  valid_from      date    not null,
  valid_to        date    not null,
  known_from      bigint  not null,
  known_to        bigint  not null,
  hpr_lookup      text    not null,   -- keyed hash, never the number
  scheme          text    not null,
  municipalities  text[]  not null,   -- where the doctor holds positions on these days
  at_home         text[]  not null,   -- whose the doctor is on these days: see Known::at_home_on
  external        text[]  not null,
  body            json    not null
);
create index on {table} (log, hpr_lookup, key);
create index on {table} using gin (municipalities);
create index on {table} using gin (external);
create index on {table} (log, scheme, key);

create table {table} (
  log             integer not null,
  key             text    not null,   -- the municipality's number
  valid_from      date    not null,
  valid_to        date    not null,
  known_from      bigint  not null,
  known_to        bigint  not null,
  name_order      text collate "C" not null,   -- what names are sorted by: Name::in_order
  names           text[]  not null,   -- every name it can be asked for by, in lower case
  county          text,
  health_region   text,
  centrality      smallint,
  alis_office     uuid,
  body            json    not null
);
create index on {table} (log, key);
create index on {table} (log, name_order, key, valid_from, known_from);
create index on {table} (log, county, key);
create index on {table} (log, alis_office, key) where alis_office is not null;
create index on {table} using gin (names);
create index on {table} (log, health_region, key);
create index on {table} (log, centrality, key);

create table {table} (
  log             integer not null,
  key             text    not null,   -- the programme's id
  valid_from      date    not null,
  valid_to        date    not null,
  known_from      bigint  not null,
  known_to        bigint  not null,
  name_order      text collate "C" not null,   -- what names are sorted by: Name::in_order
  municipalities  text[]  not null,   -- those that take part on these days
  external        text[]  not null,
  body            json    not null
);
create index on {table} (log, name_order, key, valid_from, known_from);
create index on {table} using gin (municipalities);
create index on {table} using gin (external);

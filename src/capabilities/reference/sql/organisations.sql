create table {table} (
  log             integer not null,
  key             text    not null,   -- the organisation number
  valid_from      date    not null,
  valid_to        date    not null,
  known_from      bigint  not null,
  known_to        bigint  not null,
  name_order      text collate "C" not null,   -- what names are sorted by: Name::in_order
  kind            text    not null,
  municipality    text,
  body            json    not null
);
create index on {table} (log, municipality, key) where municipality is not null;
create index on {table} (log, kind, key);
create index on {table} (log, name_order, key, valid_from, known_from);

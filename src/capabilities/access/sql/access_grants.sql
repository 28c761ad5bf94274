create table {table} (
  log           integer not null,
  key           text    not null,   -- the grant's id
  valid_from    date    not null,
  valid_to      date    not null,
  known_from    bigint  not null,
  known_to      bigint  not null,
  organisation  text    not null,
  role          text    not null,
  municipality  text,
  status        text    not null,
  body          json    not null
);
create index on {table} (log, organisation, key, valid_from, known_from);
create index on {table} (log, municipality, key) where municipality is not null;
create index on {table} (log, role, key);
create index on {table} (log, status, key);

create table {table} (
  log           integer not null,
  key           text    not null,   -- the exemption's id
  valid_from    date    not null,
  valid_to      date    not null,
  known_from    bigint  not null,
  known_to      bigint  not null,
  supervisor    uuid    not null,
  municipality  text    not null,
  situation     text    not null,
  expires_on    date    not null,   -- the last day it covers while it is granted, else infinity
  external      text[]  not null,
  body          json    not null
);
create index on {table} (log, supervisor, key);
create index on {table} (log, municipality, key, valid_from, known_from);
create index on {table} (log, expires_on, key, valid_from, known_from);
create index on {table} (log, situation, key);
create index on {table} using gin (external);

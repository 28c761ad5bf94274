create table {table} (
  log                       integer not null,
  key                       text    not null,   -- the position's id
  valid_from                date    not null,
  valid_to                  date    not null,
  known_from                bigint  not null,
  known_to                  bigint  not null,
  municipality              text    not null,
  programme                 uuid,
  category                  text    not null,
  percent                   numeric(5, 2) not null,
  situation                 text    not null,
  intended_operating_model  text    not null,
  agreed_operating_model    text,
  trainee                   uuid,
  external                  text[]  not null,
  occupancies_external      text[]  not null,   -- of everyone who held, holds or will hold it
  body                      json    not null
);
create index on {table} (log, municipality, key, valid_from, known_from);
create index on {table} (log, programme, key) where programme is not null;
create index on {table} (log, trainee, key) where trainee is not null;
create index on {table} using gin (external);
create index on {table} using gin (occupancies_external);
create index on {table} (log, situation, key);
create index on {table} (log, category, key);

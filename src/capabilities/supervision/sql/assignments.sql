create table {table} (
  log            integer not null,
  key            text    not null,   -- the assignment's id
  valid_from     date    not null,
  valid_to       date    not null,
  known_from     bigint  not null,
  known_to       bigint  not null,
  trainee        uuid    not null,
  supervisor     uuid    not null,
  municipality   text,
  first_day      date    not null,
  kind           text    not null,
  situation      text    not null,
  mode           text    not null,
  same_office    boolean,
  qualification  text    not null,
  exemption      uuid,
  exemption_to   date,
  lapsed_since   date,
  over_capacity  boolean not null,
  external       text[]  not null,
  body           json    not null
);
-- By these the report on supervision finds whom a trainee has, and the lists filter.
create index on {table} (log, trainee, key);
create index on {table} (log, supervisor, key);
create index on {table} (log, municipality, key) where municipality is not null;
create index on {table} (log, situation, key);
create index on {table} (log, first_day, key, valid_from, known_from);
create index on {table} using gin (external);

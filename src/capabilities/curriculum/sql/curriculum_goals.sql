create table {table} (
  log         integer not null,
  key         text    not null,   -- version/code
  valid_from  date    not null,
  valid_to    date    not null,
  known_from  bigint  not null,
  known_to    bigint  not null,
  curriculum  text    not null,
  code        text    not null,
  plan        text    not null,
  theme       text    not null,
  replaces    json,               -- curriculum and code of each, or null
  body        json    not null
);
-- Lists of one version or plan, and the report that meets each doctor's plans with their goals.
create index on {table} (log, curriculum, plan, key);
create index on {table} (log, curriculum, key);
create index on {table} (log, plan, key);
create index on {table} (log, theme, key, valid_from, known_from);
create index on {table} (log, code, key, valid_from, known_from);

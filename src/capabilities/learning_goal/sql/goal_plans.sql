create table {table} (
  log         integer not null,
  key         text    not null,   -- the trainee's id
  valid_from  date    not null,
  valid_to    date    not null,
  known_from  bigint  not null,
  known_to    bigint  not null,
  plans       json    not null    -- the plans in force on these days
);

create table {table} (
  log         integer not null,
  key         text    not null,   -- the version
  valid_from  date    not null,
  valid_to    date    not null,
  known_from  bigint  not null,
  known_to    bigint  not null,
  first_day   date    not null,
  in_force    boolean not null,
  predecessors_needed text not null,   -- all, any
  body        json    not null
);
create index on {table} (log, first_day, key, valid_from, known_from);

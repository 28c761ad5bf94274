create table {table} (
  log         integer not null,
  key         text    not null,   -- the version
  valid_from  date    not null,
  valid_to    date    not null,
  known_from  bigint  not null,
  known_to    bigint  not null,
  in_force    boolean not null,
  predecessors_needed text not null,   -- all, any
  body        json    not null
);

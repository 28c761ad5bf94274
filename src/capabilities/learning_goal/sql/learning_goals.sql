create table {table} (
  log           integer not null,
  key           text    not null,   -- trainee/code, or trainee/code@version
  valid_from    date    not null,
  valid_to      date    not null,
  known_from    bigint  not null,
  known_to      bigint  not null,
  trainee       uuid    not null,
  code          text    not null,
  status     text    not null,
  curriculum    text    not null,   -- the version of the last submission
  submitted_on  date    not null,
  decided_on    date,               -- of the last decision on that submission
  municipality  text                -- who decided, or answers for the decision
);
create index on {table} (log, trainee, code);
create index on {table} (log, municipality, status) where municipality is not null;

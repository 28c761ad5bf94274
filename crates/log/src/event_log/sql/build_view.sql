-- Waits for readers only shortly, because new readers wait behind it.
set local lock_timeout = '200ms';
drop view if exists model.{view};
create view model.{view} as select * from {table};
set local lock_timeout = 0

-- Longer than PostgreSQL takes to send its own vacuum away from the table.
set local lock_timeout = '3s';
drop table if exists {table}

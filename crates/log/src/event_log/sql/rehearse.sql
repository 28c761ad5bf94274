-- Begins what the writer takes back at once. Should the writer freeze in between, the server ends
-- the transaction, and with it the lock of the log.
begin;
set local idle_in_transaction_session_timeout = '2s'

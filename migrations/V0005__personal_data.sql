-- What personal data needs of the database beside the keys of persons: that they can be destroyed,
-- but only for somebody whose erasure is a fact. See docs/privacy.md.

-- Destroys the keys of persons whose erasure is in the log. The service may not delete keys as it
-- likes: for anybody else this does nothing. Answers how many were destroyed.
create function alis.forget(p_log integer, p_persons uuid[]) returns bigint
language sql security definer
set search_path = alis, pg_temp
as $$
  with gone as (
    delete from alis.person_key k
    where k.log = p_log and k.person = any (p_persons)
      and exists (
        select from alis.subject s
        join alis.event_subject es on es.log = s.log and es.subject = s.id
        join alis.event e on e.log = es.log and e.position = es.position
        where s.log = p_log and s.name = 'erased:' || k.person and e.type = 'person.erased.v1')
    returning 1
  )
  select count(*) from gone
$$;
revoke all on function alis.forget from public;
grant execute on function alis.forget to alis_service;

-- Keys of the installation, wrapped under the master key. The look-up key of HPR numbers outlives
-- master keys, because its hashes are in the log. The service keeps it once and never changes it.
create table alis.secret (
  name     text   primary key,
  wrapped  bytea  not null
);
grant select, insert on alis.secret to alis_service;

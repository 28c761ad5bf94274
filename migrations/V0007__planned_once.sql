-- Every statement of the append is planned once a connection. Left to itself PostgreSQL plans most
-- of them anew for every call, because an array whose length it can see looks cheaper than one of
-- unknown length; for a lone command that cost more than running them. The look-ups by key are the
-- only choice in either case.
alter function alis.append(
  integer, text[], bytea[], text[], integer[], text[], bigint[], integer[], uuid[], text[],
  smallint[], date[], text[], text[], text[], integer[], text[], integer[], uuid[], bytea[]
) set plan_cache_mode = force_generic_plan;

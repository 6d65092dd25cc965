-- Puts the policies in force, or out of it (TASKWARD_ROW_LEVEL_SECURITY); no lock where nothing changes.
-- Forced, because the service's role often owns the tables, and an owner is above his own policies.
do $$
declare
    name regclass;
begin
    for name in
        select oid from pg_class
        where oid in ('task'::regclass, 'idempotency_key'::regclass)
          and (relrowsecurity, relforcerowsecurity) <> (${row-level-security}, ${row-level-security})
    loop
        if ${row-level-security} then
            execute format('alter table %s enable row level security, force row level security', name);
        else
            execute format('alter table %s disable row level security, no force row level security', name);
        end if;
    end loop;
end $$;

-- The second wall, under Hibernate's discriminator: whatever SQL reaches these tables, a row is there
-- for its owner alone. The service names the caller for each transaction; not set, or set to nothing,
-- it is nobody, for no subject is empty. afterMigrate.sql puts the policies in force.
--
-- The planner multiplies what it thinks a policy lets through with what the statement's own condition
-- does. It can't look into a case, and takes half; of a plain comparison it would expect a single row,
-- and sort all of a user's tasks instead of reading the index in order.
create policy task_of_caller on task
    using (case when user_id = current_setting('taskward.caller', true) then true else false end);

create policy idempotency_key_of_caller on idempotency_key
    using (case when user_id = current_setting('taskward.caller', true) then true else false end);

-- The doors: three questions that concern the rows of others. Each has a policy that shows no row but
-- those in question, while a setting is there; and a function that opens it for one statement. Policies
-- are tried in falling order of their names: the caller's own comes first.

-- 403 or 404? One row, by its id, and only to look.
create policy task_door_exists on task for select
    using (id::text = current_setting('taskward.exists', true));

create function task_exists(bigint) returns boolean
    language plpgsql as $$
declare
    found boolean;
begin
    perform set_config('taskward.exists', $1::text, true);
    found := exists (select from task where id = $1);
    perform set_config('taskward.exists', '', true);
    return found;
end $$;

-- What is deleted and due may go, but not change.
create policy task_door_purge on task
    using (current_setting('taskward.purge', true) = 'on' and deleted and purge_at <= now())
    with check (false);

-- Instances step around each other's rows, and around one that is just being restored. The array
-- makes PostgreSQL choose the rows once.
create function task_purge(batch int) returns int
    language plpgsql as $$
declare
    purged int;
begin
    perform set_config('taskward.purge', 'on', true);
    delete from task where id = any (array (
        select id from task where deleted and purge_at <= now()
        order by purge_at limit batch for update skip locked));
    get diagnostics purged = row_count;
    perform set_config('taskward.purge', '', true);
    return purged;
end $$;

-- So may keys that are older than the time that the setting holds.
create policy idempotency_key_door_sweep on idempotency_key
    using (created_at < nullif(current_setting('taskward.sweep', true), '')::timestamptz)
    with check (false);

create function idempotency_key_sweep(expired timestamptz, batch int) returns int
    language plpgsql as $$
declare
    swept int;
begin
    perform set_config('taskward.sweep', expired::text, true);
    delete from idempotency_key where id = any (array (
        select id from idempotency_key where created_at < expired
        order by created_at limit batch for update skip locked));
    get diagnostics swept = row_count;
    perform set_config('taskward.sweep', '', true);
    return swept;
end $$;

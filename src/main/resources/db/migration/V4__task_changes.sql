-- Changes of tasks: a counter for each user, and in each task the number of its last change.
--
-- Each change locks the counter of its user until the commit, after it has locked its tasks. So numbers become
-- visible in their order, and a reader who has seen one has seen all before it.
create table task_counter (
    user_id         varchar(255) not null primary key,
    epoch           bigint not null default floor(random() * 9007199254740991), -- differs from earlier counters
    seq             bigint not null,           -- the number of the last change
    floor           bigint not null default 0, -- the highest change_seq of a task that was removed for good
    open_tasks      bigint not null default 0, -- neither completed nor deleted
    completed_tasks bigint not null default 0, -- completed, not deleted
    deleted_tasks   bigint not null default 0
) with (fillfactor = 70); -- room in each page for the next version of a row
comment on table task_counter is 'Taskward: the changes and the tasks of each user';

alter table task add column change_seq bigint;

-- Earlier tasks count as changed once, in the order of their last change. The migration is one transaction, so
-- other sessions never see a table without forced row-level security.
alter table task no force row level security;
update task set change_seq = numbered.seq
from (select id, user_id, row_number() over (partition by user_id order by updated_at, id) as seq from task) numbered
where task.id = numbered.id and task.user_id = numbered.user_id;
insert into task_counter (user_id, seq, open_tasks, completed_tasks, deleted_tasks)
select user_id, count(*), count(*) filter (where not deleted and not completed),
    count(*) filter (where not deleted and completed), count(*) filter (where deleted)
from task group by user_id;
alter table task force row level security;

alter table task alter column change_seq set not null;
create index task_by_user_change on task (user_id, change_seq);

create policy task_counter_of_user on task_counter
    using ((case when user_id = current_setting('taskward.user_id', true) then true end) is not null);
alter table task_counter enable row level security, force row level security;

-- The purge removes tasks of all users, and counts that.
create policy task_counter_allow_purge on task_counter
    using (current_setting('taskward.purge', true) = 'on');

-- Triggers, so that no way of writing can forget the counter. Beyond taskward.quota a new task is not stored, and
-- its statement returns no row. A user without a counter gets one that counts the tasks that exist.
create function task_count_change() returns trigger
    language plpgsql as $$
declare
    is_new  constant boolean := tg_op = 'INSERT';
    open    constant int := (not new.deleted and not new.completed)::int
        - coalesce((not old.deleted and not old.completed)::int, 0);
    done    constant int := (not new.deleted and new.completed)::int
        - coalesce((not old.deleted and old.completed)::int, 0);
    gone    constant int := new.deleted::int - coalesce(old.deleted::int, 0);
begin
    for attempt in 1..2 loop
        update task_counter set seq = seq + 1, open_tasks = open_tasks + open,
            completed_tasks = completed_tasks + done, deleted_tasks = deleted_tasks + gone
        where user_id = new.user_id and (not is_new or (open_tasks + completed_tasks + deleted_tasks
            < nullif(current_setting('taskward.quota', true), '')::bigint) is not false)
        returning seq into new.change_seq;
        exit when found or attempt = 2 -- or the quota is reached
            or exists (select from task_counter where user_id = new.user_id);
        insert into task_counter (user_id, seq, open_tasks, completed_tasks, deleted_tasks)
        select new.user_id, coalesce(max(change_seq), 0), count(*) filter (where not deleted and not completed),
            count(*) filter (where not deleted and completed), count(*) filter (where deleted)
        from task where user_id = new.user_id
        on conflict do nothing; -- another transaction may have created it
    end loop;
    return case when new.change_seq is not null then new end;
end $$;

create trigger task_count_change before insert or update on task
    for each row execute function task_count_change();

-- One change for each user, however many tasks the statement removes.
create function task_count_removal() returns trigger
    language plpgsql as $$
begin
    update task_counter set seq = seq + 1, floor = greatest(floor, last_change),
        open_tasks = open_tasks - removed_open,
        completed_tasks = completed_tasks - removed_completed,
        deleted_tasks = deleted_tasks - removed_deleted
    from (
        select user_id, max(change_seq) as last_change,
            count(*) filter (where not deleted and not completed) as removed_open,
            count(*) filter (where not deleted and completed) as removed_completed,
            count(*) filter (where deleted) as removed_deleted
        from removed_tasks group by user_id) removed
    where task_counter.user_id = removed.user_id;
    return null;
end $$;

create trigger task_count_removal after delete on task
    referencing old table as removed_tasks
    for each statement execute function task_count_removal();

-- One instance at a time. It skips the users who are changing their tasks, because it would wait for their
-- counters while it holds those of others.
create or replace function task_purge(batch int) returns int
    language plpgsql as $$
declare
    purged int;
begin
    if not pg_try_advisory_xact_lock(hashtext('taskward.purge')) then
        return 0;
    end if;
    perform set_config('taskward.purge', 'on', true);
    delete from task where id = any (array (
        select task.id from task join task_counter using (user_id) where task.deleted and purge_at <= now()
        order by purge_at limit batch for update skip locked));
    get diagnostics purged = row_count;
    perform set_config('taskward.purge', '', true);
    return purged;
end $$;

-- The last changes of these users, as numbers, for an instance that has streams of them.
create policy task_counter_allow_heads on task_counter for select
    using (current_setting('taskward.heads', true) = 'on');

create function task_heads(users text[]) returns table (user_id varchar, epoch bigint, seq bigint)
    language plpgsql as $$
begin
    perform set_config('taskward.heads', 'on', true);
    return query select counter.user_id, counter.epoch, counter.seq from task_counter counter
        where counter.user_id = any (users);
    perform set_config('taskward.heads', '', true);
end $$;

-- Many tasks in one statement, and the erasure of a user.

-- Creates the counter of a user who has none. It counts the tasks that exist.
create function task_counter_create(text) returns void
    language sql as $$
    insert into task_counter (user_id, seq, open_tasks, completed_tasks, deleted_tasks)
    select $1, coalesce(max(change_seq), 0), count(*) filter (where not deleted and not completed),
        count(*) filter (where not deleted and completed), count(*) filter (where deleted)
    from task where user_id = $1 and not exists (select from task_counter where user_id = $1) -- saves the count
    on conflict do nothing; -- another transaction may have created it
$$;

-- As in V4, but a new task that has its number is counted already: the service counts many new tasks at once. And
-- two first tasks of a user at the same time are no reached quota.
create or replace function task_count_change() returns trigger
    language plpgsql as $$
declare
    is_new  constant boolean := tg_op = 'INSERT';
    open    constant int := (not new.deleted and not new.completed)::int
        - coalesce((not old.deleted and not old.completed)::int, 0);
    done    constant int := (not new.deleted and new.completed)::int
        - coalesce((not old.deleted and old.completed)::int, 0);
    gone    constant int := new.deleted::int - coalesce(old.deleted::int, 0);
begin
    if is_new and new.change_seq is not null then
        return new;
    end if;
    for attempt in 1..2 loop
        update task_counter set seq = seq + 1, open_tasks = open_tasks + open,
            completed_tasks = completed_tasks + done, deleted_tasks = deleted_tasks + gone
        where user_id = new.user_id and (not is_new or (open_tasks + completed_tasks + deleted_tasks
            < nullif(current_setting('taskward.quota', true), '')::bigint) is not false)
        returning seq into new.change_seq;
        exit when found or attempt = 2; -- or the quota is reached
        perform task_counter_create(new.user_id); -- or another transaction has created it since
    end loop;
    return case when new.change_seq is not null then new end;
end $$;

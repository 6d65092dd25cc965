-- The schema of Taskward. Comments of tables begin with "Taskward:", so that the service finds its own tables
-- in a schema that has other tables, too.

-- Tasks -------------------------------------------------------------------------------------------------

-- Ids stay below 2^53, so that every JavaScript client can hold them.
create sequence task_id_seq maxvalue 9007199254740991;
comment on sequence task_id_seq is 'Taskward: the ids of tasks';

-- Text for searches and sorting: compatibility forms unified, accents dropped, case folded.
--
-- Upper case, because ß, ς and ı have one there. The collation is ICU's root locale, because the locale of the
-- database may know ASCII only. The last line's letters have a stroke, which Unicode does not treat as an
-- accent. Text of ASCII letters and single spaces takes the first branch, at a fifth of the cost. The language
-- is PL/pgSQL, which keeps its plans: every statement inlines a function in SQL again.
create function task_fold(text) returns text
    language plpgsql immutable strict parallel safe as $$
begin
    if octet_length($1) = length($1) and $1 !~ '[\x01-\x1f]|  ' then
        return upper($1 collate "C");
    end if;
    return translate(upper(regexp_replace(regexp_replace(normalize($1, nfkd),
        '[\u0300-\u036f]', '', 'g'), '\s+', ' ', 'g') collate "und-x-icu"), 'ŁØĐĦŦ', 'LODHT');
end $$;

-- The sort key of a title, in the order of code points, which no library upgrade changes. At most 100
-- characters: an index entry must stay below 2,704 bytes.
create function task_title_key(text) returns text
    language sql immutable strict parallel safe
    return left(task_fold($1), 100);

-- A LIKE pattern for text that contains the argument literally; ! escapes.
create function task_search_pattern(text) returns text
    language sql immutable strict parallel safe
    return '%' || regexp_replace(btrim(task_fold($1)), '([!%_])', '!\1', 'g') || '%';

-- The primary key ends with the user, so that the table can be partitioned or distributed by user. The
-- sequence alone keeps ids unique.
create table task (
    id          bigint       not null,
    user_id     varchar(255) not null,
    title       varchar(255) not null,
    description varchar(500),
    completed   boolean      not null,
    deleted     boolean      not null,
    created_at  timestamptz  not null,
    updated_at  timestamptz  not null,
    purge_at    timestamptz, -- when a deleted task may be removed for good; null: never
    version     bigint       not null default 1,
    title_key   text collate "C" not null generated always as (task_title_key(title)) stored,
    search      text collate "C" not null generated always as
        (task_fold(title) || chr(10) || coalesce(task_fold(description), '')) stored,
    primary key (id, user_id)
);
comment on table task is 'Taskward: a row for each task, deleted tasks included until they are purged';

-- One index for each order of the list: a page is one index scan.
create index task_by_user on task (user_id, created_at desc, id desc) where not deleted;
create index task_by_user_completed on task (user_id, completed, created_at desc, id desc) where not deleted;
create index task_by_user_updated on task (user_id, updated_at desc, id desc) where not deleted;
create index task_by_user_title on task (user_id, title_key, id) where not deleted;
create index task_by_user_trash on task (user_id, created_at desc, id desc) where deleted;
-- For the purge, which has no user.
create index task_by_purge_at on task (purge_at) where purge_at is not null;

-- Stored responses --------------------------------------------------------------------------------------

-- The id is a digest of user, method, path and Idempotency-Key. The fingerprint is a digest of the rest of the
-- request: a repeat has the same.
create table idempotency_key (
    id          uuid         not null,
    user_id     varchar(255) not null,
    fingerprint bytea        not null,
    status      smallint     not null,
    headers     text         not null,
    body        bytea        not null,
    created_at  timestamptz  not null,
    primary key (id, user_id)
);
comment on table idempotency_key is 'Taskward: stored responses of requests with an Idempotency-Key';

create index idempotency_key_by_user on idempotency_key (user_id, created_at desc);
create index idempotency_key_by_age on idempotency_key (created_at);

-- Rate limits -------------------------------------------------------------------------------------------

-- Used where TASKWARD_RATE_LIMIT_STORE is postgresql. Columns and types are those of Bucket4j. The id is a
-- digest of a user or an address; the table has no data of users, so it has no policy.
create table rate_limit (
    id         text   not null primary key,
    state      bytea,
    expires_at bigint -- milliseconds since 1970; null while the count is being made
);
comment on table rate_limit is 'Taskward: counts of the rate limits that instances share';

create index rate_limit_by_expiry on rate_limit (expires_at);

-- Row-level security ------------------------------------------------------------------------------------

-- Below Hibernate's discriminator: any SQL finds the rows of the current user only. The service sets
-- taskward.user_id in each transaction. Without it no row is found, because no user id is empty. Security is
-- forced, because the service's role usually owns the tables, and policies do not apply to an owner otherwise.
--
-- The planner cannot estimate the case expression. For IS NOT NULL it assumes that nearly every row passes, so
-- it reads the index in order. For a plain comparison it expects a single row, and sorts all tasks of a user.
create policy task_of_user on task
    using ((case when user_id = current_setting('taskward.user_id', true) then true end) is not null);
alter table task enable row level security, force row level security;

create policy idempotency_key_of_user on idempotency_key
    using ((case when user_id = current_setting('taskward.user_id', true) then true end) is not null);
alter table idempotency_key enable row level security, force row level security;

-- Three questions concern the rows of all users. Each has a policy that shows only those rows while a setting
-- is there, and a function that sets it for one statement. PostgreSQL tries policies in falling order of their
-- names: those of the user come first.

-- 403 or 404? One row by its id, for reading only.
create policy task_allow_exists on task for select
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

-- Deleted tasks that are due can be removed, but not changed.
create policy task_allow_purge on task
    using (current_setting('taskward.purge', true) = 'on' and deleted and purge_at <= now())
    with check (false);

-- Instances skip each other's rows, and a row that is being restored. The array makes PostgreSQL choose the
-- rows once.
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

-- Stored responses that are older than the setting's time can be removed.
create policy idempotency_key_allow_sweep on idempotency_key
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

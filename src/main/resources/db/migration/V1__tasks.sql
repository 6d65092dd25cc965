-- Ids are handed out in blocks of 50 (Hibernate's pooled optimizer), and stay below 2^53 so that
-- every JavaScript client can hold them.
create sequence task_id_seq increment by 50 start with 1 maxvalue 9007199254740991;

create table task (
    id          bigint       not null primary key,
    user_id     varchar(255) not null,
    title       varchar(255) not null,
    description varchar(500),
    completed   boolean      not null,
    deleted     boolean      not null,
    created_at  timestamptz  not null,
    updated_at  timestamptz  not null
);

-- The two lists, newest first, in the order of their keyset: one index scan a page.
create index task_by_user on task (user_id, created_at desc, id desc) where not deleted;
create index task_by_user_completed on task (user_id, completed, created_at desc, id desc) where not deleted;

-- Fields of tasks: due date, priority, tags, order, metadata, and the times of completion and deletion.
--
-- The service folds text for searches and sorting (SearchText), because each database folds differently. The
-- columns keep their values. V3 fills them anew, and the times of earlier tasks.
alter table task
    alter column title_key drop expression,
    alter column search drop expression,
    add column due          varchar(19), -- a date or a local date-time, as sent
    add column due_zone     varchar(64), -- an IANA time zone; null means floating
    add column due_key      timestamp,   -- orders by due: the instant in UTC, or the local time without a zone
    add column priority     smallint,    -- 1 low, 2 normal, 3 high, 4 urgent
    add column tags         text[],      -- in NFC; null if there are none
    add column position     varchar(64) collate "C",
    add column metadata     text,        -- a JSON object of strings; null if it is empty
    add column completed_at timestamptz,
    add column deleted_at   timestamptz;

drop function task_search_pattern(text);
drop function task_title_key(text);
drop function task_fold(text);

-- Each index costs every write. The other orders sort the tasks of one user.
drop index task_by_user_updated;
drop index task_by_user_title;
create index task_by_user_due on task (user_id, due_key, id) where due_key is not null and not deleted;

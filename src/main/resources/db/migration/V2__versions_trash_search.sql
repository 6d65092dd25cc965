-- All of this goes beside instances of the release before: they neither read nor write these columns.

-- Counts the changes of a task.
alter table task add column version bigint not null default 1;

-- When a deleted task may be removed for good; null: never.
alter table task add column purge_at timestamptz;

-- Text as it is searched and sorted: compatibility forms unified, accents dropped, case folded. Upper
-- case, because ß, ς and ı have one there; ICU's root locale, because the database's own may know
-- ASCII alone. The letters of the last line have a stroke, which Unicode does not take for an accent.
create function task_fold(text) returns text
    language sql immutable strict parallel safe
    return translate(upper(regexp_replace(regexp_replace(normalize($1, nfkd),
        '[\u0300-\u036f]', '', 'g'), '\s+', ' ', 'g') collate "und-x-icu"), 'ŁØĐĦŦ', 'LODHT');

-- What a title is sorted by, in the order of code points, which no upgrade of a library changes. At
-- most 100 characters: an entry of an index must stay below 2,704 bytes.
create function task_title_key(text) returns text
    language sql immutable strict parallel safe
    return left(task_fold($1), 100);

-- A pattern for what contains the text literally; ! escapes.
create function task_search_pattern(text) returns text
    language sql immutable strict parallel safe
    return '%' || regexp_replace(btrim(task_fold($1)), '([!%_])', '!\1', 'g') || '%';

-- Computed by the database, so that no writer can forget them, an instance of the release before
-- included. One rewrite of the table.
alter table task
    add column title_key text collate "C" not null
        generated always as (task_title_key(title)) stored,
    add column search text collate "C" not null
        generated always as (task_fold(title) || chr(10) || coalesce(task_fold(description), '')) stored;

-- The other orders of the list, and the trash.
create index task_by_user_updated on task (user_id, updated_at desc, id desc) where not deleted;
create index task_by_user_title on task (user_id, title_key, id) where not deleted;
create index task_by_user_trash on task (user_id, created_at desc, id desc) where deleted;
-- The purge, whoever the owner is.
create index task_by_purge_at on task (purge_at) where purge_at is not null;

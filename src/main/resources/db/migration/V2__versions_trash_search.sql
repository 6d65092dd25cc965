-- Counts the changes of a task; the default serves instances of the version before.
alter table task add column version bigint not null default 1;

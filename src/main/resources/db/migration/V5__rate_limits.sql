-- What is left of the rate limits that instances share, where TASKWARD_RATE_LIMIT_STORE is postgresql;
-- empty otherwise. The columns and their types are those of Bucket4j. No row has an owner: a count is
-- about a digest of user or address, is read before the caller may do anything, and tells nothing of
-- his tasks; so there is no row policy.
create table rate_limit (
    id         text   not null primary key,
    state      bytea,
    expires_at bigint -- milliseconds since 1970; null while the count is being made
);

create index rate_limit_by_expiry on rate_limit (expires_at);

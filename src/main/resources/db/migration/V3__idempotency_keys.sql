-- The answers that are kept for repeats under an Idempotency-Key. The id is made of user, method, path
-- and key, so it is what a repeat is found by; the fingerprint tells whether it asks for the same.
create table idempotency_key (
    id          uuid         not null primary key,
    user_id     varchar(255) not null,
    fingerprint bytea        not null,
    status      smallint     not null,
    headers     text         not null,
    body        bytea        not null,
    created_at  timestamptz  not null
);

-- A user's newest are kept, the others are dropped; and what is too old is swept.
create index idempotency_key_by_user on idempotency_key (user_id, created_at desc);
create index idempotency_key_by_age on idempotency_key (created_at);

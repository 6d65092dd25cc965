-- What V2 defines, with the same results, at a fifth of the cost for text that is all ASCII and has no
-- white space but single spaces: there is then nothing to unify, and upper case is a matter of bytes.
-- In PL/pgSQL, which keeps its plans; a function in SQL is inlined anew by every statement.
create or replace function task_fold(text) returns text
    language plpgsql immutable strict parallel safe as $$
begin
    if octet_length($1) = length($1) and $1 !~ '[\x01-\x1f]|  ' then
        return upper($1 collate "C");
    end if;
    return translate(upper(regexp_replace(regexp_replace(normalize($1, nfkd),
        '[\u0300-\u036f]', '', 'g'), '\s+', ' ', 'g') collate "und-x-icu"), 'ŁØĐĦŦ', 'LODHT');
end $$;

-- The same policies, of which the planner thinks that they let everything through (0.995): so it guesses for
-- IS NOT NULL of what it can't look into. Of the plain case it took half, and where a page asked for
-- more than half of a user's tasks it fetched and sorted all of them.
alter policy task_of_caller on task
    using ((case when user_id = current_setting('taskward.caller', true) then true end) is not null);

alter policy idempotency_key_of_caller on idempotency_key
    using ((case when user_id = current_setting('taskward.caller', true) then true end) is not null);

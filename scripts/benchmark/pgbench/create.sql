\set user random(1, :active)
\set subject 1000000000000000 + :user
\set number random(100000, 999999)
\startpipeline
select set_config('taskward.user_id', :subject, true);
insert into task (id, user_id, title, description, completed, deleted, created_at, updated_at, search, title_key,
  version)
select nextval('task_id_seq'), :subject, 'Call back customer ' || :number,
  'There is a question about the last invoice, and it has to go to the new address.',
  false, false, now(), now(),
  'call back customer ' || :number
    || E'\nthere is a question about the last invoice, and it has to go to the new address.',
  'call back customer 6' || :number, 1
from set_config('taskward.quota', '100000', true);
\endpipeline

\set user random(1, :active)
\set subject 1000000000000000 + :user
\startpipeline
select set_config('taskward.user_id', :subject, true);
select id, user_id, title, description, due, due_zone, priority, tags, position, metadata, completed, completed_at,
  deleted, deleted_at, created_at, updated_at, purge_at, version,
  (select epoch || ' ' || seq || ' ' || floor from task_counter where user_id = :subject) as state
from task where user_id = :subject and not deleted
order by created_at desc, id desc limit 21;
\endpipeline

\set user random(1, :active)
\set subject 1000000000000000 + :user
\set id :user + :users * random(0, :tasks_each - 1)
\startpipeline
select set_config('taskward.user_id', :subject, true);
update task set completed = not completed,
  completed_at = case when completed then null else now() end, updated_at = now(), version = version + 1
where id = :id and user_id = :subject and not deleted
returning id, user_id, title, description, due, due_zone, priority, tags, position, metadata, completed, completed_at,
  deleted, deleted_at, created_at, updated_at, purge_at, version;
\endpipeline

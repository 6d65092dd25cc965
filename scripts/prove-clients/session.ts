// A session with the client generated from docs/openapi.yaml: node session.js URL TOKEN
import assert from 'node:assert/strict';
import {
  type BatchOperation,
  Configuration,
  ProblemFromJSON,
  ResponseError,
  type Task,
  TaskFromJSON,
  TasksApi,
  UserApi,
} from './client';

async function session(url: string, token: string): Promise<void> {
  const configuration = new Configuration({ basePath: url, accessToken: token });
  const tasks = new TasksApi(configuration);

  const milk = { newTask: { title: 'Buy milk', description: 'Two litres' }, idempotencyKey: 'milk' };
  const created = await tasks.createTask(milk);
  assert.equal(created.title, 'Buy milk');
  assert.equal(created.completed, false);
  assert.ok(created.createdAt instanceof Date);
  const repeated = await tasks.createTaskRaw(milk);
  assert.equal(repeated.raw.headers.get('Idempotency-Replayed'), 'true');
  assert.deepEqual(await repeated.value(), created);

  for (const title of ['Buy tea', 'Buy bread']) {
    await tasks.createTask({ newTask: { title } });
  }
  const listed: Task[] = [];
  let cursor: string | undefined;
  do {
    const page = await tasks.listTasksRaw({ limit: 2, cursor });
    listed.push(...(await page.value()));
    const next = /<([^>]*)>;\s*rel="next"/.exec(page.raw.headers.get('Link') ?? '');
    cursor = next ? (new URL(next[1]).searchParams.get('cursor') ?? undefined) : undefined;
  } while (cursor !== undefined);
  assert.deepEqual(
    listed.map((task) => task.title),
    ['Buy bread', 'Buy tea', 'Buy milk'],
  );

  const { id } = created;
  const cleared = await tasks.changeTask({ id, taskChange: { description: null } });
  assert.deepEqual([cleared.title, cleared.description], ['Buy milk', null]);
  const sentBack = await tasks.changeTask({ id, taskChange: { ...cleared, title: 'Buy oat milk' } });
  assert.equal(sentBack.title, 'Buy oat milk');

  const ifMatch = `"${sentBack.version}"`;
  const patch = { id, ifMatch, taskChange: { description: 'Crème' } };
  assert.equal((await tasks.patchTask(patch)).version, sentBack.version + 1);
  const stale: unknown = await tasks.patchTask(patch).catch((e: unknown) => e);
  assert.ok(stale instanceof ResponseError && stale.response.status === 412);
  const found = await tasks.listTasksRaw({ q: 'creme', sort: '-title', count: true });
  assert.equal(found.raw.headers.get('Total-Count'), '1');

  assert.equal((await tasks.completeTask({ id })).completed, true);
  assert.equal((await tasks.completeTask({ id })).completed, false);
  assert.equal((await tasks.completeTask({ id, completion: { completed: true } })).completed, true);
  assert.equal((await tasks.listTasks({ completed: true })).length, 1);

  await tasks.deleteTask({ id });
  const failure: unknown = await tasks.getTask({ id }).catch((e: unknown) => e);
  assert.ok(failure instanceof ResponseError);
  const problem = ProblemFromJSON(await failure.response.json());
  assert.equal(problem.status, 404);
  assert.equal(problem.detail, 'There is no task with this id.');
  assert.match(problem.traceId, /^[0-9a-f]{32}$/);
  const [trashed] = await tasks.listTasks({ deleted: true });
  assert.ok(trashed.id === id && trashed.purgeAt instanceof Date);
  assert.equal((await tasks.restoreTask({ id })).purgeAt, null);

  const invalid: unknown = await tasks.createTask({ newTask: { title: ' ' } }).catch((e) => e);
  assert.ok(invalid instanceof ResponseError);
  const errors = ProblemFromJSON(await invalid.response.json()).errors;
  assert.deepEqual(
    errors?.map((error) => [error.field, error.message]),
    [['title', 'must not be blank']],
  );

  const user = new UserApi(configuration);
  const { cursor: before } = await user.getMe();
  const due = { due: '2026-01-13T18:00', dueZone: 'Europe/Berlin', priority: 'high' } as const;
  const rent = await tasks.createTask({
    newTask: { title: 'Pay the rent', ...due, tags: new Set(['home']), position: 'a0', metadata: { a: 'b' } },
  });
  assert.deepEqual([rent.due, rent.dueZone, rent.priority], Object.values(due));
  assert.deepEqual([rent.tags, rent.position, rent.metadata], [new Set(['home']), 'a0', { a: 'b' }]);
  const merged = await tasks.patchTask({ id: rent.id, taskChange: { due: null, metadata: { c: 'd' } } });
  assert.deepEqual([merged.due, merged.dueZone, merged.metadata], [null, null, { a: 'b', c: 'd' }]);
  const urgent = await tasks.listTasks({ tag: ['home'], minPriority: 'high', sort: '-priority' });
  assert.deepEqual(urgent, [merged]);
  const changes = await tasks.listChanges({ since: before });
  assert.deepEqual([changes.changes, changes.more], [[merged], false]);
  const list = await tasks.listTasksRaw({});
  const ifNoneMatch = list.raw.headers.get('ETag') ?? '';
  const unchanged: unknown = await tasks.listTasksRaw({ ifNoneMatch }).catch((e: unknown) => e);
  assert.ok(unchanged instanceof ResponseError && unchanged.response.status === 304);

  await tasks.deleteTask({ id: rent.id });
  assert.equal((await tasks.getTask({ id: rent.id, deleted: true })).deleted, true);
  await tasks.emptyTrash({ deleted: true });
  const gone: unknown = await tasks.listChanges({ since: before }).catch((e: unknown) => e);
  assert.ok(gone instanceof ResponseError && gone.response.status === 410);

  const [bread, tea] = listed;
  const { version } = await tasks.getTask({ id });
  const update: BatchOperation = {
    op: 'update',
    id,
    ifVersion: version,
    task: { title: 'Buy crème', description: null },
  };
  const operations: BatchOperation[] = [
    { op: 'create', task: { title: 'Water the plants', due: '2026-01-13' } },
    update,
    { op: 'complete', id: tea.id, completed: true },
    { op: 'delete', id: bread.id },
  ];
  const { results } = await tasks.runBatch({ batch: { operations }, idempotencyKey: 'batch' });
  assert.deepEqual(
    results.map((result) => result.status),
    [201, 200, 200, 204],
  );
  assert.deepEqual([results[1].id, results[1].version], [id, version + 1]);
  assert.equal((await tasks.getTask({ id })).description, null);
  const again: BatchOperation[] = [{ op: 'restore', id: bread.id }, update];
  const refused: unknown = await tasks
    .runBatch({ batch: { operations: again } })
    .catch((e: unknown) => e);
  assert.ok(refused instanceof ResponseError && refused.response.status === 409);
  const { failures } = ProblemFromJSON(await refused.response.json());
  assert.deepEqual(
    failures?.map((failed) => [failed.operation, failed.status]),
    [[1, 412]],
  );

  const file = await (await tasks.exportTasks()).text();
  const lines = file
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const end = lines.pop();
  assert.deepEqual([end.end, end.tasks], [true, 4]);
  assert.deepEqual(
    lines.map(TaskFromJSON).map((task) => [task.title, task.completed, task.deleted]),
    [
      ['Buy crème', true, false],
      ['Buy tea', true, false],
      ['Buy bread', false, true],
      ['Water the plants', false, false],
    ],
  );
  assert.equal((await tasks.importTasks({ body: file, idempotencyKey: 'file' })).tasks, 4);
  assert.equal((await tasks.listTasks({ q: 'crème' })).length, 2);

  await user.eraseMe({ eraseRequest: { confirm: 'erase' } });
  const { open, completed, deleted } = (await user.getMe()).tasks;
  assert.deepEqual([open, completed, deleted], [0, 0, 0]);
}

session(process.argv[2], process.argv[3]).catch((e) => {
  console.error(e);
  process.exit(1);
});

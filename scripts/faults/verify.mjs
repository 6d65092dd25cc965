// Compares the table and the lists of the service with the writers' records.
import { psql } from '../benchmark/database.mjs';
import { call, subject } from '../benchmark/service.mjs';
import { same, stateOf } from './load.mjs';

/** SQL that returns true if something is wrong. */
const WRONG = {
  'the sequence is behind the ids': `select nextval('task_id_seq') <= (select max(id) from task)`,
  'ids are not unique': 'select count(*) <> count(distinct id) from task',
  'there are prepared transactions': 'select count(*) > 0 from pg_prepared_xacts',
  'sessions are idle in a transaction':
    "select count(*) > 0 from pg_stat_activity where state like 'idle in transaction%'",
  'there are locks':
    "select count(*) > 0 from pg_locks where not granted or locktype = 'advisory'",
};

/** Adds to the contradictions of a load that has stopped. */
export async function verify(load, admin) {
  const url = new URL(admin);
  url.pathname = '/faults';
  const byUser = load.tokens.map(() => []);
  load.tasks.forEach((task) => byUser[task.user].push(task));
  for (let user = 0; user < load.tokens.length; user++) {
    const rows = JSON.parse(
      await psql(
        url.href,
        `select coalesce(json_agg(t order by id), '[]') from (
           select id, description, title, completed, deleted, version from task
           where user_id = '${subject(user + 1)}') t`,
      ),
    );
    verifyRows(load, byUser[user], rows);
    const [listed, stored] = [await list(load, user), rows].map((tasks) =>
      tasks.map((task) => ({ id: task.id, ...stateOf(task) })).sort((a, b) => a.id - b.id),
    );
    if (!same(listed, stored)) {
      load.contradictions.push(`The lists of user ${user} differ from the table`);
    }
    await verifyReplay(load, user);
  }
  for (const [what, sql] of Object.entries(WRONG)) {
    if ((await psql(url.href, sql)) !== 'f') {
      load.contradictions.push(what);
    }
  }
}

function verifyRows(load, tasks, rows) {
  const wrong = (what) => load.contradictions.push(what);
  const byDescription = new Map();
  for (const row of rows) {
    byDescription.set(row.description, [...(byDescription.get(row.description) ?? []), row]);
  }
  for (const { id, description, states } of tasks) {
    const found = byDescription.get(description) ?? [];
    byDescription.delete(description);
    if (id !== undefined && !found.some((row) => row.id === id)) {
      wrong(`Task ${id} (${description}) is lost`);
    }
    if (found.length > 1) {
      wrong(`${description} was done ${found.length} times`);
    }
    for (const row of found.filter((row) => !states.some((s) => same(s, stateOf(row))))) {
      wrong(`${JSON.stringify(row)} is not one of ${JSON.stringify(states)}`);
    }
  }
  for (const row of [...byDescription.values()].flat()) {
    const hot = load.hot.find(({ id }) => id === row.id);
    if (hot) {
      verifyToggles(load, hot, row);
    } else {
      wrong(`No writer made ${JSON.stringify(row)}`);
    }
  }
}

function verifyToggles(load, { versions, unknown }, { id, version, completed }) {
  const toggles = version - 1;
  if (toggles < versions.size || toggles > versions.size + unknown) {
    load.contradictions.push(
      `Task ${id}: ${versions.size} toggles and up to ${unknown} more expected; there are ${toggles}`,
    );
  }
  if (completed !== (toggles % 2 === 1)) {
    load.contradictions.push(`Task ${id} is completed: ${completed}, at version ${version}`);
  }
}

async function list({ instances: [{ service }], tokens }, user) {
  const tasks = [];
  for (const deleted of [false, true]) {
    let query = `?limit=1000&deleted=${deleted}`;
    while (query) {
      const { headers, text } = await call(service, tokens[user], 'GET', query);
      tasks.push(...JSON.parse(text));
      query = headers.link?.match(/<[^?]*(\?[^>]*)>/)[1];
    }
  }
  return tasks;
}

/** Repeats the last request with a key, which must return the same response, byte for byte. */
async function verifyReplay(load, user) {
  const last = load.lastAnswers[user];
  if (last) {
    const { text } = (await load.try(user, last.request)) ?? {};
    if (text !== last.answer.text) {
      load.contradictions.push(`User ${user}: ${last.answer.text} is replayed as ${text}`);
    }
  }
}

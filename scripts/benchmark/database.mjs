// The databases of the benchmark, and PostgreSQL alone with pgbench. The data are loaded once and cloned
// for each run, so that every run starts with the same state.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { equal, temp } from '../prove-tokens/world.mjs';
import { percentiles } from './report.mjs';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
/** Owns the tables, as the service's role often does. Row-level security applies to it. */
const ROLE = 'taskward_benchmark';
const PASSWORD = randomBytes(16).toString('hex');

/** Runs SQL and returns its output. */
export async function psql(url, sql) {
  const running = run('psql', [url, '-XqAt', '-v', 'ON_ERROR_STOP=1', '-f', '-']);
  running.child.stdin.end(sql);
  return (await running).stdout.trim();
}

export async function createRole(admin) {
  await psql(
    admin,
    `select 'create role ${ROLE}' where not exists (select from pg_roles where rolname = '${ROLE}') \\gexec
     alter role ${ROLE} login nosuperuser nobypassrls password '${PASSWORD}';
     -- As in production. The embedded PostgreSQL of the tests has it off.
     alter role ${ROLE} set synchronous_commit = on;`,
  );
}

/** The URL of a database for the service's role. */
export function urlOf(admin, database) {
  const url = new URL(admin);
  url.username = ROLE;
  url.password = PASSWORD;
  url.pathname = `/${database}`;
  return url.href;
}

/**
 * Creates a database with these users and tasks unless it exists, and returns its name.
 *
 * @param migrate async function that lets the service create the schema in the database at a URL
 */
export async function loaded(admin, users, tasks, migrate) {
  const name = `taskward_benchmark_${users}_${tasks}`;
  const isThere = `select 1 from pg_database where datname = '${name}'`;
  if ((await psql(admin, isThere)) === '1') {
    return name;
  }
  const loading = `${name}_loading`;
  await psql(
    admin,
    `drop database if exists ${loading} with (force); create database ${loading} owner ${ROLE};`,
  );
  const url = urlOf(admin, loading);
  await migrate(url);
  await psql(url, loadSql(users, tasks));
  await psql(admin, `alter database ${loading} rename to ${name}; checkpoint;`);
  return name;
}

/**
 * Task n belongs to user (n - 1) % users + 1. So the tasks of a user are scattered over the table, as if
 * all users had written over a year. Subjects are digits, because pgbench can compute them.
 */
const loadSql = (users, tasks) => `
  begin;
  -- Otherwise row-level security hides the rows from the owner, too.
  alter table task no force row level security;
  alter table task_counter no force row level security;
  alter table task disable trigger user; -- it counts each task, which takes long
  insert into task (id, user_id, title, description, completed, completed_at, deleted, created_at, updated_at,
    search, title_key, change_seq)
  select n, 1000000000000000 + (n - 1) % ${users} + 1, title, description, n % 10 < 3,
    case when n % 10 < 3 then at end, false, at, at,
    -- As the service folds texts of ASCII letters without digits.
    lower(title) || coalesce(E'\\n' || lower(description), ''), lower(title), (n - 1) / ${users} + 1
  from (select n, at,
    (array['Call', 'Write to', 'Meet', 'Pay', 'Remind', 'Visit', 'Ask'])[n % 7 + 1] || ' '
      || (array['the dentist', 'our landlord', 'the accountant', 'Maria and Paul',
          'the people from the insurance'])[n % 5 + 1]
      || (array['', ' about Friday', ', at last', ' before the holidays'])[n % 4 + 1] as title,
    case when n % 3 > 0 then left('The number is on the letter of last month, which is in the folder '
      || 'on the left. Ask for a date in the afternoon, and whether the papers from the last time will '
      || 'do or have to be sent again; then tell the others.', (40 + n * 7919 % 180)::int) end as description
  from generate_series(1::bigint, ${tasks}) n,
    lateral (select now() - interval '365 days' * ((${tasks} - n)::float8 / ${tasks})) t (at)) task;
  insert into task_counter (user_id, seq, open_tasks, completed_tasks)
  select user_id, count(*), count(*) filter (where not completed), count(*) filter (where completed)
  from task group by user_id;
  alter table task enable trigger user;
  alter table task force row level security;
  alter table task_counter force row level security;
  commit;
  select setval('task_id_seq', ${tasks} + 50);
  vacuum analyze task, task_counter;`;

/** Creates a copy, whose name has this suffix. */
export async function clone(admin, template, suffix) {
  const name = `${template}_${suffix}`;
  await psql(
    admin,
    `drop database if exists ${name} with (force);
     create database ${name} template ${template} owner ${ROLE} strategy file_copy;
     checkpoint;`,
  );
  return name;
}

export const drop = (admin, name) => psql(admin, `drop database if exists ${name} with (force);`);

export async function settings(url) {
  const names = [
    'server_version',
    'shared_buffers',
    'synchronous_commit',
    'fsync',
    'max_connections',
  ];
  const values = await psql(url, names.map((name) => `show ${name};`).join('\n'));
  return Object.fromEntries(values.split('\n').map((value, i) => [names[i], value]));
}

// --- CPU time -------------------------------------------------------------------------------------

const TICKS_PER_SECOND = 100; // USER_HZ, the same on all machines

/** User and system time of a process in seconds, optionally with its children that have ended. */
export function cpuSeconds(pid, withEnded = false) {
  const fields = statOf(pid);
  return (fields[11] + fields[12] + (withEnded ? fields[13] + fields[14] : 0)) / TICKS_PER_SECOND;
}

/** CPU time of the whole machine in seconds, without idle and waiting time. Guests count once. */
export function machineCpu() {
  const [, user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .split(/ +/)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

/** The fields after the name in /proc/PID/stat: [1] parent, [11..14] times. */
function statOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}

/** The ids of the running child processes. */
export function childrenOf(parent) {
  const isChild = (pid) => {
    try {
      return statOf(pid)[1] === parent;
    } catch {
      return false; // it has ended
    }
  };
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isChild(name));
}

/** Returns a function for the CPU seconds of all server processes; NaN if they are on another machine. */
export async function databaseCpu(admin) {
  const query = `select pid from pg_stat_activity where backend_type = 'checkpointer'`;
  const child = await psql(admin, query);
  let postmaster;
  try {
    if (!readFileSync(`/proc/${child}/comm`, 'utf8').startsWith('postgres')) {
      return () => NaN;
    }
    postmaster = statOf(child)[1];
  } catch {
    return () => NaN;
  }
  const children = () => childrenOf(postmaster);
  const now = () => {
    // If a process ended meanwhile, it counted twice or not at all, so this repeats.
    const before = children();
    try {
      const seconds = before.reduce(
        (sum, pid) => sum + cpuSeconds(pid),
        cpuSeconds(postmaster, true),
      );
      return String(before) === String(children()) ? seconds : now();
    } catch {
      return now();
    }
  };
  return now;
}

// --- PostgreSQL alone -------------------------------------------------------------------------------

const SCRIPTS = {
  get: ['get.sql'],
  list: ['list50.sql'],
  create: ['create.sql'],
  toggle: ['toggle.sql'],
  mix: ['list20.sql@60', 'get.sql@20', 'create.sql@10', 'toggle.sql@10'],
};

/** Checks that the statements find their rows, so that the current user is set in the transaction. */
export async function checkStatements(admin, name, load) {
  const all = new URL(admin);
  all.pathname = `/${name}`;
  const changes = async () => Number(await psql(all.href, 'select sum(version) from task'));
  const before = await changes();
  const { requests } = await pgbench(urlOf(admin, name), 'toggle', 1, 1, { ...load, threads: 1 });
  equal((await changes()) - before, requests, 'tasks that pgbench toggled');
}

/** Runs the statements of a scenario, each pair in one round trip and transaction, as the service does. */
export async function pgbench(
  url,
  scenario,
  connections,
  seconds,
  { threads, users, active, tasksEach },
) {
  const log = `pgbench-${randomBytes(4).toString('hex')}`;
  const { stdout } = await run(
    'pgbench',
    [
      '-n',
      ...['-M', 'prepared', '-c', connections, '-j', threads, '-T', seconds],
      ...['-D', `users=${users}`, '-D', `active=${active}`, '-D', `tasks_each=${tasksEach}`],
      ...SCRIPTS[scenario].flatMap((script) => ['-f', join(here, 'pgbench', script)]),
      ...['--log', `--log-prefix=${log}`, '--sampling-rate=0.1', url],
    ].map(String),
    { cwd: temp },
  );
  const millis = [];
  for (const name of readdirSync(temp).filter((name) => name.startsWith(log))) {
    for (const line of readFileSync(join(temp, name), 'utf8').trimEnd().split('\n')) {
      millis.push(Number(line.split(' ')[2]) / 1_000);
    }
    rmSync(join(temp, name));
  }
  const number = (pattern) => Number(stdout.match(pattern)[1]);
  return {
    requests: number(/transactions actually processed: (\d+)/),
    perSecond: number(/^tps = ([\d.]+)/m),
    ...percentiles(millis),
    errors: number(/number of failed transactions: (\d+)/),
  };
}

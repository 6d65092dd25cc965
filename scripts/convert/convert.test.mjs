// Tests convert.mjs: node --test scripts/convert/convert.test.mjs
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'convert-'));
after(() => rmSync(folder, { recursive: true }));

/** Runs the converter. The files are samples, or are written first. */
function convert(format, files, ...options) {
  const isSample = Array.isArray(files);
  const cwd = isSample ? join(import.meta.dirname, 'samples') : folder;
  if (!isSample) {
    Object.entries(files).forEach(([name, content]) => writeFileSync(join(folder, name), content));
  }
  const names = isSample ? files : Object.keys(files);
  const script = join(import.meta.dirname, 'convert.mjs');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, format, ...names, ...options],
    { cwd, encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  return { status, stdout, messages: stderr.split('\n').slice(0, -1) };
}

/** The tasks of a successful conversion. */
function tasks(ndjson) {
  const lines = ndjson.split('\n');
  assert.equal(lines.pop(), '');
  const end = JSON.parse(lines.pop());
  assert.deepEqual(end, { end: true, tasks: lines.length });
  const found = lines.map((line) => JSON.parse(line));
  found.forEach(assertImportable);
  return found;
}

const FIELDS =
  'title description completed completed_at created_at deleted due due_zone priority tags position metadata';

/** The bounds of an import. */
function assertImportable(task) {
  const text = (value, max) => {
    assert.ok([...value].length >= 1 && [...value].length <= max, value);
    assert.ok(value.isWellFormed() && !value.includes('\0'), value);
  };
  Object.keys(task).forEach((name) => assert.ok(FIELDS.split(' ').includes(name), name));
  text(task.title ?? 'none', 255);
  text(task.description ?? 'none', 500);
  assert.match(task.due ?? '2026-01-14', /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?$/);
  assert.ok(!task.due_zone || task.due.includes('T'));
  assert.ok(['low', 'normal', 'high', 'urgent', null, undefined].includes(task.priority));
  task.tags.forEach((tag) => text(tag, 50));
  assert.ok(task.tags.length <= 20 && new Set(task.tags).size === task.tags.length);
  assert.match(task.position, /^[0-9A-Za-z]{1,64}$/);
  const metadata = Object.entries(task.metadata);
  metadata.forEach(([key]) => assert.match(key, /^[\w.-]{1,40}$/));
  metadata.forEach(([, value]) => text(value, 500));
  assert.ok(metadata.length <= 16 && Buffer.byteLength(metadata.flat().join('')) <= 2048);
}

const HEADER =
  'TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE';

const list = (...items) =>
  JSON.stringify({ kind: 'tasks#taskLists', items: [{ title: 'Home', items }] });

test('a project of Todoist', () => {
  const { status, stdout, messages } = convert('todoist', ['todoist.csv']);
  assert.deepEqual(tasks(stdout), [
    {
      title: 'Renew the passport',
      description: 'Bring two photos',
      due: '2026-03-09',
      priority: 'urgent',
      tags: ['home', 'waiting_for'],
      position: 'd0000',
      metadata: {
        todoist_project: 'todoist',
        todoist_author: 'Ada (101)',
        todoist_deadline: '2026-03-31',
        todoist_deadline_lang: 'en',
      },
    },
    {
      title: 'Call the "Bürgeramt", ask for Ms. Öz 📞',
      description:
        'Note by Ada (101) on 2026-01-05T18:00:00.000000Z: Two lines:\n' +
        'the second, with a comma\n\nNote: They answer on Mondays',
      due: '2026-03-02T09:30',
      due_zone: 'Europe/Berlin',
      priority: 'high',
      tags: [],
      position: 'd0001',
      metadata: {
        todoist_project: 'todoist',
        todoist_parent: 'Renew the passport',
        todoist_indent: '2',
        todoist_author: 'Ada (101)',
        todoist_responsible: 'Bo (102)',
        todoist_duration: '30',
        todoist_duration_unit: 'minute',
      },
    },
    {
      title: 'Write down the number',
      priority: null,
      tags: [],
      position: 'd0002',
      metadata: {
        todoist_project: 'todoist',
        todoist_parent: 'Call the "Bürgeramt", ask for Ms. Öz 📞',
        todoist_indent: '3',
        todoist_author: 'Ada (101)',
      },
    },
    {
      title: 'Water the plants',
      description: 'Not the cactus.\n\nIt needs none.',
      priority: 'normal',
      tags: [],
      position: 'd0003',
      metadata: {
        todoist_project: 'todoist',
        todoist_section: 'Weekly',
        todoist_date: 'every monday at 9am',
        todoist_date_lang: 'en',
        todoist_timezone: 'Europe/Berlin',
        todoist_author: 'Ada (101)',
        todoist_duration: '15',
        todoist_duration_unit: 'minute',
      },
    },
    {
      title: 'Mail bob@example.org @ noon',
      due: '2026-02-14T18:15',
      priority: null,
      tags: [],
      position: 'd0004',
      metadata: {
        todoist_project: 'todoist',
        todoist_section: 'Weekly',
        todoist_timezone: 'Mars/Olympus',
        todoist_author: 'Ada (101)',
      },
    },
  ]);
  assert.deepEqual(messages, [
    'todoist.csv, row 2: not converted: meta "view_style=list"',
    'todoist.csv, row 3: not converted: note "A note on the project"',
    'todoist.csv, row 11: no due date: "every monday at 9am" is not a fixed date, see todoist_date',
    'todoist.csv, row 12: no time zone: "Mars/Olympus" is unknown, see todoist_timezone',
    'todoist.csv, row 15: not converted: label "A type that does not exist"',
    'todoist.csv, row 14: not converted: section "Someday" without tasks',
    '5 tasks converted, 2 with losses',
  ]);
  assert.equal(status, 0);
});

test('the lists of Google Tasks', () => {
  const { status, stdout, messages } = convert('google-tasks', ['Tasks.json']);
  assert.deepEqual(tasks(stdout), [
    {
      title: 'Paint the kitchen 🎨',
      description: 'Two coats.\nLet it dry between them.',
      completed: false,
      created_at: '2026-01-20T19:45:10.123456Z',
      due: '2026-03-14',
      tags: [],
      position: 'd0000',
      metadata: {
        google_list: 'My Tasks',
        google_id: 'UGFpbnRUaGVLaXRjaGVu',
        google_updated: '2026-02-01T08:00:00.000Z',
        google_position: '00000000000000000000',
        google_links:
          '[{"type":"email","description":"Your order of paint",' +
          '"link":"https://mail.google.com/mail/#all/18d1"}]',
      },
    },
    {
      title: 'Buy "eggshell" white',
      completed: true,
      completed_at: '2026-02-02T16:30:00.000Z',
      created_at: '2026-01-20T19:46:00.000Z',
      tags: [],
      position: 'd0001',
      metadata: {
        google_list: 'My Tasks',
        google_id: 'QnV5UGFpbnQ',
        google_updated: '2026-02-02T16:30:00.000Z',
        google_parent: 'UGFpbnRUaGVLaXRjaGVu',
        google_position: '00000000000000000000',
        google_hidden: 'true',
      },
    },
    {
      title: 'Wallpaper?',
      completed: false,
      deleted: true,
      tags: [],
      position: 'd0002',
      metadata: {
        google_list: 'My Tasks',
        google_id: 'T2xkSWRlYQ',
        google_updated: '2026-01-25T09:00:00.000Z',
        google_position: '00000000000000000001',
      },
    },
    {
      description: 'A task without a title',
      completed: false,
      tags: [],
      position: 'd0003',
      metadata: {
        google_list: 'My Tasks',
        google_id: 'RW1wdHk',
        google_updated: '2026-01-26T09:00:00.000Z',
        google_position: '00000000000000000002',
      },
    },
  ]);
  assert.deepEqual(messages, [
    'Tasks.json, list "Later": not converted: list without tasks',
    '4 tasks converted, 0 with losses',
  ]);
  assert.equal(status, 0);
});

test('BOM, CRLF, an empty cell at the end, and unknown columns', () => {
  const csv = '\uFEFFTYPE,CONTENT,PRIORITY,Due By\r\n\r\ntask,"a ""b""",9,\r\ntask,c 5" d,,x,y\r\n';
  const { stdout, messages } = convert('todoist', { 'Work [220474322].csv': csv });
  assert.deepEqual(tasks(stdout), [
    {
      title: 'a "b"',
      tags: [],
      position: 'd0000',
      metadata: { todoist_project: 'Work', todoist_priority: '9' },
    },
    {
      title: 'c 5" d',
      tags: [],
      position: 'd0001',
      metadata: { todoist_project: 'Work', todoist_due_by: 'x', todoist_column_5: 'y' },
    },
  ]);
  assert.deepEqual(messages, ['2 tasks converted, 0 with losses']);
});

test('labels', () => {
  const titles = {
    'Buy @shop milk @home': ['Buy milk', ['shop', 'home']],
    '@a @b': ['@a @b', ['a', 'b']],
    'Call @Zoë @Zoe\u0308': ['Call', ['Zoë']],
    'me@example.org, (@no), @no, @': ['me@example.org, (@no), @no, @', []],
    '[@x](https://example.org/@y) @🏠': ['[@x](https://example.org/@y)', ['🏠']],
  };
  const rows = Object.keys(titles).map((content) => `task,"${content}"`);
  const { stdout } = convert('todoist', { 'a.csv': ['TYPE,CONTENT', ...rows].join('\n') });
  const found = tasks(stdout).map(({ title, tags }) => [title, tags]);
  assert.deepEqual(found, Object.values(titles));
});

test('dates of Todoist are read, never moved', () => {
  const dates = {
    '2026-01-14': '2026-01-14',
    '2024-02-29': '2024-02-29',
    '2026-01-14T18:00': '2026-01-14T18:00',
    '2026-01-14T18:00:30': '2026-01-14T18:00:30',
    '2026-01-14 at 9:05': '2026-01-14T09:05',
    '2026-01-14 6pm': '2026-01-14T18:00',
    'Jan 14 2026': '2026-01-14',
    'Sept 1, 2026 @ 12:30 am': '2026-09-01T00:30',
    '31 December 2026 12PM': '2026-12-31T12:00',
    '2026-02-29': undefined,
    '2026-01-14T18:00:00Z': undefined,
    '2026-01-14 24:00': undefined,
    '2026-01-14 13pm': undefined,
    '0000-01-01': undefined,
    'Feb 30 2026': undefined,
    'Sat 14 2026': undefined,
    'Jan 14': undefined,
    '01/02/2026': undefined,
    'every Jan 14 2026': undefined,
    'jeden Tag': undefined,
  };
  const rows = Object.keys(dates).map((date) => `task,x,,,,,,"${date}",en,Pacific/Auckland`);
  const { stdout, messages } = convert('todoist', { 'a.csv': [HEADER, ...rows].join('\n') });
  tasks(stdout).forEach(({ due, due_zone, metadata }, i) => {
    const [date, expected] = Object.entries(dates)[i];
    assert.equal(due, expected, date);
    assert.equal(due_zone, expected?.includes('T') ? 'Pacific/Auckland' : undefined, date);
    assert.equal(metadata.todoist_date, expected ? undefined : date);
  });
  assert.equal(messages.at(-1), '20 tasks converted, 11 with losses');
});

test('time zones of Todoist', () => {
  const zones = ['Asia/Calcutta', 'UTC', 'Etc/GMT+3', '', '+01:00', 'europe/berlin', 'CET'];
  const rows = zones.map((zone) => `task,x,,,,,,2026-01-14 18:00,en,${zone}`);
  const { stdout, messages } = convert('todoist', { 'a.csv': [HEADER, ...rows].join('\n') });
  const found = tasks(stdout).map((task) => task.due_zone);
  assert.deepEqual(found, [...zones.slice(0, 3), ...Array(4).fill(undefined)]);
  assert.equal(messages.at(-1), '7 tasks converted, 3 with losses');
});

test('indents name the parent, and a section ends them', () => {
  const rows = ['task,a,1', 'task,b,3', 'task,c,2', 'section,s', 'task,d,2', 'task,e,x'];
  const { stdout } = convert('todoist', { 'a.csv': ['TYPE,CONTENT,INDENT', ...rows].join('\n') });
  assert.deepEqual(
    tasks(stdout).map(({ metadata: m }) => [m.todoist_section, m.todoist_parent, m.todoist_indent]),
    [
      [undefined, undefined, undefined],
      [undefined, 'a', '3'],
      [undefined, 'a', '2'],
      ['s', undefined, '2'],
      ['s', undefined, 'x'],
    ],
  );
});

test('texts that are too long are cut', () => {
  const labels = Array.from({ length: 21 }, (_, i) => `@t${i}`).join(' ');
  const rows = [
    `task,${'📞'.repeat(256)},${'d'.repeat(490)}`,
    'note,' + 'n'.repeat(10),
    `task,x ${labels} @${'l'.repeat(51)}`,
  ];
  const { status, stdout, messages } = convert('todoist', {
    'a.csv': [HEADER, ...rows].join('\n'),
  });
  assert.deepEqual(tasks(stdout), [
    {
      title: '📞'.repeat(255),
      description: `${'d'.repeat(490)}\n\nNote: nn`,
      tags: [],
      position: 'd0000',
      metadata: { todoist_project: 'a' },
    },
    {
      title: 'x',
      tags: Array.from({ length: 20 }, (_, i) => `t${i}`),
      position: 'd0001',
      metadata: { todoist_project: 'a' },
    },
  ]);
  assert.deepEqual(messages, [
    'a.csv, row 2: title cut from 256 to 255 characters',
    'a.csv, row 2: description cut from 508 to 500 characters',
    'a.csv, row 4: tag cut from 51 to 50 characters',
    'a.csv, row 4: tag lost: "t20", a task has at most 20',
    `a.csv, row 4: tag lost: "${'l'.repeat(50)}", a task has at most 20`,
    '2 tasks converted, 2 with losses',
  ]);
  assert.equal(status, 0);
});

test('metadata has at most 16 keys and 2 KiB', () => {
  const keys = Array.from({ length: 16 }, (_, i) => [`key ${i}`, `${i}`]);
  const long = { a: 'ü'.repeat(501), b: 'ü'.repeat(500), c: 'c'.repeat(20), d: 'd' };
  const file = list(Object.fromEntries(keys), long);
  const { stdout, messages } = convert('google-tasks', { 'Tasks.json': file });
  const kept = keys.slice(0, 15).map(([, value]) => [`google_key_${value}`, value]);
  assert.deepEqual(
    tasks(stdout).map((task) => task.metadata),
    [
      { google_list: 'Home', ...Object.fromEntries(kept) },
      { google_list: 'Home', google_a: 'ü'.repeat(500), google_b: 'ü'.repeat(500), google_d: 'd' },
    ],
  );
  const [first, second] = [1, 2].map((i) => `Tasks.json, list "Home", task ${i}: google_`);
  assert.deepEqual(messages, [
    `${first}key_15 lost: "15", metadata has at most 16 keys and 2 KiB`,
    `${second}a cut from 501 to 500 characters`,
    `${second}c lost: "${'c'.repeat(20)}", metadata has at most 16 keys and 2 KiB`,
    '2 tasks converted, 2 with losses',
  ]);
});

test('times that Google Tasks does not write stay in metadata', () => {
  const { stdout, messages } = convert('google-tasks', {
    'Tasks.json': list(
      { title: 'a', status: 'completed', completed: 'yesterday', created: '2026-02-30T00:00:00Z' },
      { title: 'b', status: 'needsAction', completed: '2026-01-14T10:00:00Z' },
      { title: 'c', status: 'waiting', due: '2026-01-14T22:00:00Z' },
    ),
  });
  const rest = { tags: [] };
  assert.deepEqual(tasks(stdout), [
    {
      ...{ title: 'a', completed: true, ...rest, position: 'd0000' },
      metadata: {
        google_list: 'Home',
        google_completed: 'yesterday',
        google_created: '2026-02-30T00:00:00Z',
      },
    },
    {
      ...{ title: 'b', completed: false, ...rest, position: 'd0001' },
      metadata: { google_list: 'Home', google_completed: '2026-01-14T10:00:00Z' },
    },
    {
      ...{ title: 'c', completed: false, ...rest, position: 'd0002' },
      metadata: {
        google_list: 'Home',
        google_status: 'waiting',
        google_due: '2026-01-14T22:00:00Z',
      },
    },
  ]);
  assert.deepEqual(messages, [
    'Tasks.json, list "Home", task 3: no due date: "2026-01-14T22:00:00Z" is not a date, see google_due',
    '3 tasks converted, 1 with losses',
  ]);
});

test('characters that cannot be stored', () => {
  const file = list({ title: 'a\0b', notes: '\ud83d' }, { title: ' \u200b\u2800' });
  const { stdout, messages } = convert('google-tasks', { 'Tasks.json': file });
  assert.deepEqual(
    tasks(stdout).map(({ title, description }) => [title, description]),
    [
      ['ab', '\ufffd'],
      [undefined, undefined],
    ],
  );
  assert.deepEqual(messages, [
    'Tasks.json, list "Home", task 1: title without U+0000 and unpaired surrogates',
    'Tasks.json, list "Home", task 1: description without U+0000 and unpaired surrogates',
    '2 tasks converted, 1 with losses',
  ]);
});

test('several projects keep their order', () => {
  const files = { 'B.csv': 'TYPE,CONTENT\ntask,b', 'A.csv': 'TYPE,CONTENT\ntask,a\n' };
  const { stdout, messages } = convert('todoist', files);
  assert.deepEqual(
    tasks(stdout).map(({ title, position, metadata }) => [title, position, metadata]),
    [
      ['b', 'd0000', { todoist_project: 'B' }],
      ['a', 'd0001', { todoist_project: 'A' }],
    ],
  );
  assert.deepEqual(messages, ['2 tasks converted, 0 with losses']);
});

const TOO_MANY = 'More than an import takes: 10,000 tasks and 8 MiB. Use --out PREFIX.';

/** Converts the rows to files, and returns the tasks of each. Their bodies are in the bounds. */
function parts(rows) {
  const files = { 'a.csv': [HEADER, ...rows].join('\n') };
  assert.deepEqual(convert('todoist', files), { status: 1, stdout: '', messages: [TOO_MANY] });
  assert.deepEqual(convert('todoist', files, '--out', 'part'), {
    status: 0,
    stdout: '',
    messages: [`${rows.length} tasks converted, 0 with losses`],
  });
  return [1, 2].map((n) => {
    const body = readFileSync(join(folder, `part-${n}.ndjson`), 'utf8');
    assert.ok(Buffer.byteLength(body) <= 8 * 1024 * 1024);
    return tasks(body);
  });
}

test('more than 10,000 tasks need several files', () => {
  const [first, second] = parts(Array(10_001).fill('task,x'));
  assert.deepEqual([first.length, second.length], [10_000, 1]);
  const positions = [...first, ...second].map((task) => task.position);
  assert.deepEqual([...new Set(positions)].sort(), positions);
});

test('more than 8 MiB need several files', () => {
  const rows = Array.from({ length: 6_000 }, (_, i) => `task,${i},${'語'.repeat(500)}`);
  const found = parts(rows).flat();
  assert.deepEqual(
    found.map((task) => task.title),
    rows.map((_, i) => `${i}`),
  );
});

test('a file without tasks', () => {
  assert.deepEqual(convert('todoist', { 'a.csv': 'TYPE,CONTENT\n' }), {
    status: 0,
    stdout: '{"end":true,"tasks":0}\n',
    messages: ['0 tasks converted, 0 with losses'],
  });
});

test('errors are one line', () => {
  const usage = 'Usage: convert.mjs todoist|google-tasks FILE ... [--out PREFIX]';
  const notTodoist = 'Not a CSV file of Todoist. Its first row must have TYPE and CONTENT.';
  const notGoogle = 'Not an export of Google Tasks. "kind" must be "tasks#taskLists".';
  const cases = [
    [['trello', { 'a.csv': '' }], usage],
    [['constructor', { 'a.csv': '' }], usage],
    [['todoist', {}], usage],
    [['todoist', ['missing.csv']], /^missing.csv: ENOENT/],
    [['todoist', { 'a.csv': '' }], `a.csv: ${notTodoist}`],
    [['todoist', { 'a.csv': 'TYPE;CONTENT\n' }], `a.csv: ${notTodoist}`],
    [
      ['todoist', { 'a.csv': 'TYPE,CONTENT\n\ntask,"open\n' }],
      'a.csv: A quote in row 3 is not closed, or text follows it.',
    ],
    [
      ['todoist', { 'a.csv': 'TYPE,CONTENT\ntask,"a"b\n' }],
      'a.csv: A quote in row 2 is not closed, or text follows it.',
    ],
    [['todoist', { 'a.csv': Buffer.from([0x54, 0xff]) }], /^a.csv: .*not valid.*utf-8$/],
    [['google-tasks', ['todoist.csv']], /^todoist.csv: Unexpected token/],
    [['google-tasks', { 'a.json': '{\n"kind": ' }], /^a.json: Unexpected end/],
    [['google-tasks', { 'a.json': 'null' }], `a.json: ${notGoogle}`],
    [['google-tasks', { 'a.json': '{"kind":"tasks#tasks","items":[]}' }], `a.json: ${notGoogle}`],
    [['google-tasks', { 'a.json': list({}) }, '--out', 'no/folder'], /ENOENT/],
    [['todoist', ['todoist.csv'], '--split', 'x'], /^Unknown option '--split'/],
  ];
  for (const [args, expected] of cases) {
    const { status, stdout, messages } = convert(...args);
    const [message] = messages;
    if (typeof expected === 'string') {
      assert.equal(message, expected);
    } else {
      assert.match(message, expected);
    }
    assert.equal(messages.length, 1);
    assert.equal(status, 1, message);
    assert.equal(stdout, '');
  }
});

#!/usr/bin/env node
// Converts exports of Todoist and Google Tasks to the format of POST /api/v1/tasks/import:
//   scripts/convert/convert.mjs todoist PROJECT.csv [PROJECT.csv ...] > tasks.ndjson
//   scripts/convert/convert.mjs google-tasks Tasks.json > tasks.ndjson
// With more than 10,000 tasks or 8 MiB, --out PREFIX writes PREFIX-1.ndjson, PREFIX-2.ndjson, ...
// Data without a field in Taskward goes to metadata. Standard error gets a line for each loss.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

/** The bounds of an import. The bytes leave room for the last line. */
const TASKS_MAX = 10_000;
const BYTES_MAX = 8 * 1024 * 1024 - 100;

const PRIORITIES = { 1: 'urgent', 2: 'high', 3: 'normal', 4: null };
const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec';
const LABEL = /(?:^|\s+)@([^\s@,;:!?()"]+)(?=\s|$)/g;

/** Taskward's definition: no space, control, format or blank character, no combining mark. */
const VISIBLE =
  /[^\p{Z}\p{Cc}\p{Cf}\p{M}\u115F\u1160\u3164\uFFA0\u2800\u180F\u2065\uFFF0-\uFFF8\u{E0000}-\u{E0FFF}]/u;

const quote = (text) => JSON.stringify(text);
const two = (number) => `${number}`.padStart(2, '0');

/** The rows of a CSV file (RFC 4180) with line ends of any system. */
function csv(text) {
  const rows = [[]];
  const cell = /(?:"([^"]*(?:""[^"]*)*)"|(?!")([^,\r\n]*))(,|\r\n?|\n|$)/y;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (!match) {
      throw new Error(`A quote in row ${rows.length} is not closed, or text follows it.`);
    }
    const [, quoted, plain, end] = match;
    rows.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ',') {
      rows.push([]);
    }
  }
  return rows;
}

/** Whether the text is a date YYYY-MM-DD that exists. */
function isDate(text) {
  const date = new Date(`${text}T00:00:00Z`);
  return /^(?!0000)\d{4}-/.test(text) && !isNaN(date) && date.toISOString().startsWith(text);
}

/** Whether the value is a time in UTC, as Google writes it. */
function isInstant(value) {
  const time = /^(.{10})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z$/.exec(value);
  return isDate(time?.[1]);
}

/** Whether the text is a name of the IANA database, not an offset. */
function isZone(name) {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return /^UTC$|^[A-Z]\w*\/[A-Z]/.test(name);
  } catch {
    return false;
  }
}

/**
 * A date with a year, and its time if it has one: 2026-01-14, 2026-01-14T18:00, Jan 14 2026 at 18:00,
 * 14 January 2026 6pm. Undefined for other texts, such as recurring dates.
 */
function localTime(text) {
  const month = (name) => two(1 + MONTHS.indexOf(name.toLowerCase()) / 3);
  const hour = (hours, half) => two((hours % 12) + (/p/i.test(half) ? 12 : 0));
  const time = text
    .replace(/^([a-z]+) (\d\d?),? (\d{4})/i, '$2 $1 $3')
    .replace(/^(\d\d?) ([a-z]{3})[a-z]* (\d{4})/i, (_, d, m, y) => `${y}-${month(m)}-${two(d)}`)
    .replace(
      /(?<![\d:])(1[0-2]|0?[1-9])(:\d\d)? ?([ap])m$/i,
      (_, h, m = ':00', half) => hour(h, half) + m,
    )
    .replace(/^(.{10}),? (?:at |@ ?)?(\d\d?):/i, (_, date, h) => `${date}T${two(h)}:`);
  const isTime = /^.{10}(T([01]\d|2[0-3])(:[0-5]\d){1,2})?$/.test(time);
  return isTime && isDate(time.slice(0, 10)) ? time : undefined;
}

/** A row's language and time zone only say how to read its date. Metadata keeps what is not read. */
function todoistDue({ date, date_lang, timezone }, lose) {
  const due = date && localTime(date);
  if (date && !due) {
    lose(`no due date: ${quote(date)} is not a fixed date, see todoist_date`);
    return { unread: { date, date_lang, timezone } };
  }
  if (!due?.includes('T') || !timezone) {
    return { due };
  }
  if (!isZone(timezone)) {
    lose(`no time zone: ${quote(timezone)} is unknown, see todoist_timezone`);
    return { due, unread: { timezone } };
  }
  return { due, due_zone: timezone };
}

/** A project of Todoist: rows of tasks, of notes on the task above, and of sections. */
function todoist(text, file, lose) {
  const [header, ...rows] = csv(text);
  const columns = header.map((name) => name.trim().toLowerCase());
  if (!columns.includes('type') || !columns.includes('content')) {
    throw new Error('Not a CSV file of Todoist. Its first row must have TYPE and CONTENT.');
  }
  const project = basename(file).replace(/( \[\w+\])?\.csv$/i, '');
  const tasks = [];
  const sections = [];
  let ancestors = [];
  let task;
  for (const [i, cells] of rows.entries()) {
    const where = `${file}, row ${i + 2}`;
    const named = cells.map((cell, c) => [columns[c] || `column_${c + 1}`, cell.trim()]);
    const row = Object.fromEntries(named.filter(([, cell]) => cell));
    const { type, content = '', description, date, date_lang, timezone, ...others } = row;
    if (type === 'task') {
      const { priority, indent, duration_unit, ...rest } = others;
      const depth = Number(indent) || 1;
      ancestors = ancestors.filter((ancestor) => ancestor.depth < depth);
      const { unread, ...due } = todoistDue(row, (what) => lose(where, what));
      const title = content.replace(LABEL, '').trim() || content;
      const tags = [...content.matchAll(LABEL)].map(([, label]) => label);
      const kept = {
        project,
        section: sections.at(-1)?.name,
        parent: ancestors.at(-1)?.title,
        indent: indent === '1' ? undefined : indent,
        priority: priority in PRIORITIES ? undefined : priority,
        ...unread,
        ...rest,
        duration_unit: rest.duration && duration_unit,
      };
      task = { where, title, description, ...due, priority: PRIORITIES[priority], tags, kept };
      tasks.push(task);
      ancestors.push({ depth, title });
    } else if (type === 'section') {
      sections.push({ where, name: content });
      ancestors = [];
      task = undefined;
    } else if (type === 'note' && task) {
      const by = (others.author ? ` by ${others.author}` : '') + (date ? ` on ${date}` : '');
      task.description = `${task.description ?? ''}\n\nNote${by}: ${content}`.trim();
    } else if (Object.keys(row).length > 0) {
      lose(where, `not converted: ${type ?? 'row without a type'} ${quote(content)}`);
    }
  }
  for (const { where, name } of sections) {
    if (!tasks.some(({ kept }) => kept.section === name)) {
      lose(where, `not converted: section ${quote(name)} without tasks`);
    }
  }
  return tasks;
}

/** The lists of Google Tasks, as Google Takeout exports them. */
function googleTasks(text, file, lose) {
  const lists = JSON.parse(text);
  if (lists?.kind !== 'tasks#taskLists' || !Array.isArray(lists.items)) {
    throw new Error('Not an export of Google Tasks. "kind" must be "tasks#taskLists".');
  }
  return lists.items.flatMap(({ title: list, items = [] }) => {
    const where = `${file}, list ${quote(list)}`;
    if (items.length === 0) {
      lose(where, 'not converted: list without tasks');
    }
    return items.map((item, i) => {
      const at = `${where}, task ${i + 1}`;
      const { kind, etag, selfLink, title, notes: description, deleted, ...rest } = item;
      const take = (field, test) => {
        const value = rest[field];
        return test(value) && delete rest[field] ? value : undefined;
      };
      const status = take('status', (value) => ['needsAction', 'completed'].includes(value));
      const completed = status === 'completed';
      const times = {
        completed_at: take('completed', (value) => completed && isInstant(value)),
        created_at: take('created', isInstant),
        due: take('due', (value) => isInstant(value) && value.includes('T00:00:00'))?.slice(0, 10),
      };
      if (rest.due) {
        lose(at, `no due date: ${quote(rest.due)} is not a date, see google_due`);
      }
      const kept = { list, ...rest };
      return { where: at, title, description, completed, ...times, deleted, kept };
    });
  });
}

/** The task in the import format. Cuts what is too long. */
function importTask({ where, kept, ...task }, source, position, lose) {
  const fit = (name, text, max) => {
    const storable = text.replaceAll('\0', '').toWellFormed();
    if (storable !== text) {
      lose(`${name} without U+0000 and unpaired surrogates`);
    }
    const characters = [...storable];
    if (characters.length > max) {
      lose(`${name} cut from ${characters.length} to ${max} characters`);
    }
    return characters.slice(0, max).join('');
  };
  const title = fit('title', task.title?.trim() ?? '', 255);
  const description = fit('description', task.description ?? '', 500) || undefined;
  const fitting = (task.tags ?? []).map((tag) => fit('tag', tag.normalize('NFC'), 50));
  const tags = new Set(fitting.filter((tag) => VISIBLE.test(tag)));
  for (const tag of [...tags].slice(20)) {
    lose(`tag lost: ${quote(tag)}, a task has at most 20`);
    tags.delete(tag);
  }
  const metadata = {};
  let bytes = 0;
  for (const [field, value] of Object.entries(kept)) {
    if (value && value.length !== 0) {
      const key = `${source}_${field}`.replace(/[^\w.-]/g, '_').slice(0, 40);
      const text = fit(key, typeof value === 'string' ? value : JSON.stringify(value), 500);
      const size = Buffer.byteLength(key + text);
      if (Object.keys(metadata).length < 16 && bytes + size <= 2048) {
        metadata[key] = text;
        bytes += size;
      } else {
        lose(`${key} lost: ${quote(text)}, metadata has at most 16 keys and 2 KiB`);
      }
    }
  }
  // Without a title, Taskward makes one.
  const texts = { title: VISIBLE.test(title) ? title : undefined, description };
  return { ...task, ...texts, tags: [...tags], position, metadata };
}

/** The bodies of as many imports as the tasks need. */
function imports(tasks) {
  const parts = [[]];
  let bytes = 0;
  for (const task of tasks) {
    const line = `${JSON.stringify(task)}\n`;
    const size = Buffer.byteLength(line);
    if (parts.at(-1).length === TASKS_MAX || bytes + size > BYTES_MAX) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1).push(line);
    bytes += size;
  }
  return parts.map((lines) => `${lines.join('')}{"end":true,"tasks":${lines.length}}\n`);
}

function main() {
  const options = { out: { type: 'string' } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [format, ...files] = positionals;
  const converters = { todoist, 'google-tasks': googleTasks };
  if (!Object.hasOwn(converters, format ?? '') || files.length === 0) {
    throw new Error('Usage: convert.mjs todoist|google-tasks FILE ... [--out PREFIX]');
  }
  const lossy = new Set();
  const lose = (where, what) => {
    console.error(`${where}: ${what}`);
    lossy.add(where);
  };
  const found = files.flatMap((file) => {
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
      return converters[format](text, file, lose);
    } catch (error) {
      throw new Error(`${file}: ${error.message}`);
    }
  });
  const tasks = found.map((task, i) => {
    const position = `d${i.toString(36).padStart(4, '0')}`; // a key of fractional-indexing
    return importTask(task, format.split('-')[0], position, (what) => lose(task.where, what));
  });
  const bodies = imports(tasks);
  if (bodies.length > 1 && !values.out) {
    throw new Error('More than an import takes: 10,000 tasks and 8 MiB. Use --out PREFIX.');
  }
  bodies.forEach((body, i) =>
    values.out ? writeFileSync(`${values.out}-${i + 1}.ndjson`, body) : process.stdout.write(body),
  );
  const count = found.filter((task) => lossy.has(task.where)).length;
  console.error(`${tasks.length} tasks converted, ${count} with losses`);
}

try {
  main();
} catch (error) {
  console.error(error.message.replace(/\s+/g, ' '));
  process.exitCode = 1;
}

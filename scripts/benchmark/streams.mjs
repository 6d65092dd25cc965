#!/usr/bin/env node
// Measures streams of changes: what open streams cost the mix, how soon an event follows a change, the
// memory of a stream, and lists that did not change. See docs/performance.md:
//   scripts/benchmark/streams.mjs [--streams 2000] [--seconds 15] [--repeats 3]
// Needs what benchmark.mjs needs, and 2 file descriptors for each stream (ulimit -n).
import { execFile } from 'node:child_process';
import { Agent, request } from 'node:http';
import { parseArgs, promisify } from 'node:util';
import { JAR, build, database, main, say, sleep } from '../prove-tokens/world.mjs';
import * as db from './database.mjs';
import { median, percentiles } from './report.mjs';
import * as service from './service.mjs';

const run = promisify(execFile);

const { values: options } = parseArgs({
  options: {
    streams: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '15' },
    repeats: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '60' },
    changes: { type: 'string', default: '200' },
  },
});
const count = Number(options.streams);
const USERS = 2 * count; // the first half sends requests
const TASKS = 100 * USERS;
const seconds = Number(options.seconds);
const load = { threads: 1, users: USERS, active: count, tasksEach: TASKS / USERS };

const agent = new Agent({ maxSockets: Infinity });

/** Opens a stream. onEvent gets each event's name. Resolves when the client has all changes. */
function open({ port }, token, onEvent = () => {}) {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ agent, host: '127.0.0.1', port, path: '/api/v1/tasks/changes?since=now' },
        headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' },
      },
      (response) => {
        if (response.statusCode !== 200) {
          reject(new Error(`A stream got ${response.statusCode}`));
        }
        response.setEncoding('utf8').on('data', (text) => {
          for (const [, name] of text.matchAll(/^event:(.*)$/gm)) {
            if (name === 'up-to-date') {
              resolve(sent);
            }
            onEvent(name);
          }
        });
      },
    );
    sent.on('error', reject).end();
  });
}

async function openAll(on, tokens) {
  const streams = [];
  for (let i = 0; i < tokens.length; i += 100) {
    streams.push(...(await Promise.all(tokens.slice(i, i + 100).map((t) => open(on, t)))));
  }
  return streams;
}

/** Milliseconds from the response to a change until its event. */
async function delays(writer, reader, token) {
  let seen = () => {};
  const stream = await open(reader, token, (name) => name === 'task' && seen(performance.now()));
  const { text } = await service.call(writer, token, 'GET', '?limit=1');
  const [{ id }] = JSON.parse(text);
  const all = [];
  const changes = Number(options.changes) / (writer === reader ? 1 : 10); // each takes a second
  for (let i = 0; i < changes; i++) {
    const event = new Promise((resolve) => (seen = resolve));
    await service.call(writer, token, 'PATCH', `/${id}/complete`);
    const changed = performance.now();
    all.push(Math.max(0, (await event) - changed));
    await sleep(Math.random() * 20);
  }
  stream.destroy();
  return percentiles(all);
}

/** Lists of one user with 64 connections. Requests a second. */
async function lists({ port }, token, headers) {
  const all = { Authorization: `Bearer ${token}`, ...headers };
  const { stdout } = await run('wrk', [
    ...['-t1', '-c64', `-d${seconds}s`],
    ...Object.entries(all).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    `http://127.0.0.1:${port}/api/v1/tasks`,
  ]);
  return Number(/Requests\/sec:\s*([\d.]+)/.exec(stdout)[1]);
}

main(async () => {
  build();
  const admin = await database();
  await db.createRole(admin);
  const tokens = service.writeTokens(USERS);
  const [writers, others] = [tokens.slice(0, count), tokens.slice(count)];
  const one = { name: 'a', path: JAR, javaOptions: '', env: {} };
  const template = await db.loaded(admin, USERS, TASKS, async (url) => {
    const { process } = await service.startService(one, url, tokens[0]);
    process.child.kill();
    await process.ended;
  });
  const name = await db.clone(admin, template, 'streams');
  const first = await service.startService(one, db.urlOf(admin, name), tokens[0]);
  const second = await service.startService({ ...one, name: 'b' }, db.urlOf(admin, name), tokens[0]);
  const mix = async (s) => (await service.wrk(first, 'mix', 64, s, load)).perSecond;
  say('Warm-up');
  await mix(Number(options['warm-up']));
  for (const stream of await openAll(first, others)) {
    stream.destroy();
  }

  const ratios = { others: [], writers: [] };
  const kibibytes = [];
  for (let i = 0; i < Number(options.repeats); i++) {
    for (const [whose, users] of Object.entries({ others, writers })) {
      const without = await mix(seconds);
      const before = service.memory(first, 'VmRSS');
      const streams = await openAll(first, users);
      await sleep(3_000);
      kibibytes.push(((service.memory(first, 'VmRSS') - before) * 1_024) / count);
      const withStreams = await mix(seconds);
      ratios[whose].push(withStreams / without);
      say(`mix ${without.toFixed(0)}/s, with streams of ${whose} ${withStreams.toFixed(0)}/s`);
      streams.forEach((stream) => stream.destroy());
      await sleep(2_000);
    }
  }
  const { etag } = (await service.call(first, tokens[0], 'GET')).headers;
  const polls = [];
  for (let i = 0; i < Number(options.repeats); i++) {
    const whole = await lists(first, tokens[0], {});
    const unchanged = await lists(first, tokens[0], { 'If-None-Match': etag });
    polls.push(unchanged / whole);
    say(`lists ${whole.toFixed(0)}/s, unchanged ${unchanged.toFixed(0)}/s`);
  }
  console.log(
    JSON.stringify(
      {
        streams: count,
        'mix with streams of users who do not write / without': median(ratios.others),
        'mix with streams of the users who write / without': median(ratios.writers),
        'KiB a stream': median(kibibytes),
        'change to event, ms, same instance': await delays(first, first, tokens[1]),
        'change to event, ms, other instance': await delays(first, second, tokens[2]),
        'unchanged list / list': median(polls),
      },
      null,
      2,
    ),
  );
});

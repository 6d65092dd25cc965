// The open model: requests of the mix arrive at random times (Poisson), whether or not earlier ones are
// answered, over keep-alive connections that take turns. A latency counts from the time at which a
// request was due, so it includes what it waits for a connection. A process of its own, started by
// benchmark.mjs; prints one JSON object, times in milliseconds.
//
// vegeta and autocannon were no help: one takes the connection that was used last, so that few of many
// are in use, the other sends a second's requests at once.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { mix } from './mix.mjs';
import { percentiles } from './report.mjs';

const { port, tokensFile, rate, connections, seconds, users, tasksEach } = JSON.parse(
  process.argv[2],
);
const tokens = readFileSync(tokensFile, 'utf8').trimEnd().split('\n');
const agent = new Agent({
  keepAlive: true,
  maxSockets: connections,
  maxFreeSockets: connections,
  scheduling: 'fifo', // the connection that was idle for the longest time
});
const next = () => mix(tokens, users, tasksEach);

/** After the last arrival; what has no answer then is an error, with this for its latency. */
const WAIT_MILLIS = 30_000;

const used = new Set();

/** Whether the answer was a success. */
function send({ method, path, headers, body }) {
  if (body !== undefined) {
    headers['Content-Length'] = Buffer.byteLength(body);
  } else if (method === 'PATCH') {
    headers['Content-Length'] = 0;
  }
  return new Promise((resolve) => {
    request(
      { agent, host: '127.0.0.1', port, method, path: `/api/v1/tasks${path}`, headers },
      (response) => {
        response.resume().once('close', () => {
          resolve(response.complete && response.statusCode >= 200 && response.statusCode < 300);
        });
      },
    )
      .once('socket', (socket) => used.add(socket))
      .once('error', () => resolve(false))
      .end(body);
  });
}

// All connections are opened at once, and then idle.
await Promise.all(Array.from({ length: connections }, () => send(next())));
used.clear();

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const latencies = [];
let errors = 0;
let arrived = 0;
const began = performance.now();
const end = began + seconds * 1_000;
for (let due = began; due < end;) {
  const now = performance.now();
  for (; due <= now && due < end; due += (-Math.log(1 - Math.random()) / rate) * 1_000) {
    const thisDue = due;
    arrived++;
    send(next()).then((isSuccess) => {
      latencies.push(performance.now() - thisDue);
      errors += isSuccess ? 0 : 1;
    });
  }
  await sleep(1);
}
delay.disable();
for (let i = 0; i < WAIT_MILLIS / 100 && latencies.length < arrived; i++) {
  await sleep(100);
}
const unanswered = arrived - latencies.length;
console.log(
  JSON.stringify({
    // For the CPU time of a request: with those that opened the connections.
    requests: connections + latencies.length,
    perSecond: latencies.length / ((performance.now() - began) / 1_000),
    ...percentiles([...latencies, ...Array(unanswered).fill(WAIT_MILLIS)]),
    errors: errors + unanswered,
    connections: used.size,
    // How late the load tool itself was; what it adds to the latencies is of this order.
    lagP99: delay.percentile(99) / 1e6 - 1,
  }),
);
process.exit();

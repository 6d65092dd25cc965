// The open model: requests of the mix arrive at random times (Poisson), also while earlier ones run, over
// persistent connections in turn. A latency counts from the time at which a request was due, so it
// includes waiting for a connection. benchmark.mjs starts this as a separate process. It prints one JSON
// object, times in milliseconds.
//
// vegeta and autocannon do not fit: vegeta takes the connection that was used last, so it uses few of
// many. autocannon sends the requests of a second at once.
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

/** Time after the last arrival. A request without a response is then an error with this latency. */
const WAIT_MILLIS = 30_000;

const used = new Set();

/** Sends a request. Resolves to whether the response was a success. */
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

// Opens all connections, which are then idle.
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
    // For the CPU time per request: includes the requests that opened the connections.
    requests: connections + latencies.length,
    perSecond: latencies.length / ((performance.now() - began) / 1_000),
    ...percentiles([...latencies, ...Array(unanswered).fill(WAIT_MILLIS)]),
    errors: errors + unanswered,
    connections: used.size,
    // How late the load tool itself was. It adds about this to the latencies.
    lagP99: delay.percentile(99) / 1e6 - 1,
  }),
);
process.exit();

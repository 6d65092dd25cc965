import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Taskward, type Options } from 'taskward';

const root = new URL('../../../', import.meta.url).pathname;
const secret = 'the secret of the tests of the client';

interface Instance {
  url: string;
  pid: number;
}

/** Two packaged instances on one PostgreSQL, behind a load balancer that also signs in, as dev mode does. */
export class World {
  readonly url: string;
  readonly instances: Instance[];
  readonly #launcher: ChildProcess;
  readonly #balancer: http.Server;

  private constructor(launcher: ChildProcess, instances: Instance[], balancer: http.Server) {
    this.#launcher = launcher;
    this.#balancer = balancer;
    this.instances = instances;
    this.url = `http://localhost:${(balancer.address() as AddressInfo).port}`;
  }

  static async start(): Promise<World> {
    const work = mkdtempSync(join(tmpdir(), 'taskward-'));
    const classpath = join(work, 'classpath');
    const build = ['-q', '-B', '-ntp', 'dependency:build-classpath', '-DincludeScope=compile'];
    execFileSync('./mvnw', [...build, `-Dmdep.outputFile=${classpath}`], { cwd: root, stdio: 'inherit' });
    const java = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin/java') : 'java';
    const log = join(work, 'service.log');
    const launcher = spawn(
      java,
      ['-cp', readFileSync(classpath, 'utf8'), 'scripts/prove-clients/Service.java', log, '2'],
      { cwd: root, env: { ...process.env, BETTER_AUTH_SECRET: secret }, stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const instances: Instance[] = [];
    for await (const line of createInterface({ input: launcher.stdout })) {
      const [url, pid] = line.split(' ');
      if (url?.startsWith('http') && instances.push({ url, pid: Number(pid) }) === 2) {
        break;
      }
    }
    if (instances.length < 2) {
      throw new Error(`The service did not start, see ${log}.`);
    }
    const balancer = http.createServer((request, response) => answer(instances, request, response));
    await new Promise<void>((resolve) => balancer.listen(0, 'localhost', resolve));
    return new World(launcher, instances, balancer);
  }

  /** A client of this user, through the load balancer. */
  client(user: string, options: Partial<Options> = {}): Taskward {
    return new Taskward({ baseUrl: this.url, token: () => token(user), ...options });
  }

  /** Stops an instance without notice. */
  kill(instance: number): void {
    process.kill(this.instances[instance]!.pid, 'SIGKILL');
  }

  /** Closes all connections to the load balancer. */
  disconnect(): void {
    this.#balancer.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.#balancer.closeAllConnections();
    this.#balancer.close();
    const ended = new Promise((resolve) => this.#launcher.on('exit', resolve));
    this.#launcher.stdin!.end();
    await ended;
  }
}

let next = 0;

async function answer(
  instances: Instance[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = Buffer.concat(await request.toArray());
  if (request.url === '/dev/token') {
    const user = new URLSearchParams(body.toString()).get('username')!;
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ access_token: token(user) }));
  } else {
    const first = next++ % instances.length;
    forward([...instances.slice(first), ...instances.slice(0, first)], request, body, response);
  }
}

/** Sends a request to the first instance that accepts connections. */
function forward(
  [instance, ...others]: Instance[],
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const { method, headers } = request;
  const upstream = http.request(instance!.url + request.url, { method, headers }, (upstreamResponse) => {
    response.writeHead(upstreamResponse.statusCode!, upstreamResponse.headers);
    response.flushHeaders();
    upstreamResponse.pipe(response);
    upstreamResponse.on('error', () => response.destroy());
  });
  response.on('close', () => upstream.destroy());
  upstream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED' && others.length > 0) {
      forward(others, request, body, response);
    } else {
      response.destroy();
    }
  });
  upstream.end(body);
}

/** An HS256 token. */
export function token(user: string, lifetimeSeconds = 3600): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: user, exp: Math.floor(Date.now() / 1000) + lifetimeSeconds };
  const unsigned = `${part({ alg: 'HS256' })}.${part(claims)}`;
  return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
}

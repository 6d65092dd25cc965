import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, it } from 'node:test';
import { World } from './world.js';

const root = new URL('../../../', import.meta.url).pathname;
const BUILT = ['build', 'dist', 'node_modules', 'openapi.ts'];

let world: World;
let clone: string;
let app: string;

/** Installs the package as docs/api.md says, in a folder like a clone of the repository. */
before(async () => {
  world = await World.start();
  clone = mkdtempSync(join(tmpdir(), 'taskward-docs-'));
  app = join(clone, 'my-app');
  const source = (path: string) => !BUILT.includes(basename(path));
  cpSync(join(root, 'clients/typescript'), join(clone, 'clients/typescript'), {
    recursive: true,
    filter: source,
  });
  cpSync(join(root, 'docs/openapi.yaml'), join(clone, 'docs/openapi.yaml'));
  const [install] = snippets(section(), 'sh');
  execFileSync('bash', ['-e', '-c', install!], { cwd: clone, stdio: 'pipe' });
});
after(async () => {
  rmSync(clone, { recursive: true });
  await world.stop();
});

function section(): string {
  const document = readFileSync(join(root, 'docs/api.md'), 'utf8');
  const text = /## A front end in ten minutes\n(.*?)\n## /s.exec(document)?.[1];
  assert.ok(text);
  return text;
}

function snippets(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1]!);
}

/** Compiles the program with the strict checks, and returns what it prints. */
async function run(name: string, program: string): Promise<string> {
  writeFileSync(join(app, `${name}.mts`), program.replaceAll('http://localhost:8080', world.url));
  const compilerOptions = { strict: true, target: 'es2022', module: 'nodenext', types: [] };
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [`${name}.mts`] }));
  await execute(join(root, 'clients/typescript/node_modules/.bin/tsc'), ['-p', app]);
  return execute('node', [join(app, `${name}.mjs`)]);
}

function execute(program: string, parameters: string[]): Promise<string> {
  return new Promise((resolve, reject) =>
    execFile(program, parameters, { timeout: 60_000 }, (error, stdout, stderr) =>
      error ? reject(new Error(stdout + stderr, { cause: error })) : resolve(stdout),
    ),
  );
}

it('the program of docs/api.md prints what the document says', async () => {
  const programs = snippets(section(), 'ts');
  assert.ok(programs.length >= 7);
  assert.equal(await run('ten-minutes', programs.join('\n')), snippets(section(), 'text').join(''));
});

it('the program of README.md works', async () => {
  const [program] = snippets(readFileSync(join(root, 'clients/typescript/README.md'), 'utf8'), 'ts');
  assert.match(await run('readme', program!), /^Buy milk$/m);
});

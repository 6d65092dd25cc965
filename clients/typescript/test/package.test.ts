import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';

const folder = new URL('../', import.meta.url);

it('has the version of the API', () => {
  const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  const document = readFileSync(new URL('../../docs/openapi.yaml', folder), 'utf8');
  assert.match(document, new RegExp(`^  version: ${version}$`, 'm'));
});

it('has less than 6 kB with its dependencies, minified and gzipped', () => {
  const { outputFiles } = buildSync({
    entryPoints: [new URL('dist/index.js', folder).pathname],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  const size = gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
  assert.ok(size < 6_000, `${size} bytes`);
});

it('can be published', () => {
  const options = { cwd: folder, encoding: 'utf8' } as const;
  const [{ files }] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], options),
  );
  const paths = files.map(({ path }: { path: string }) => path).sort();
  const modules = ['follow', 'index', 'openapi', 'problem', 'tasks', 'transport'];
  const built = modules.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]);
  assert.deepEqual(paths, [...['LICENSE', 'README.md', 'package.json'], ...built].sort());
});

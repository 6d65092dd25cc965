#!/usr/bin/env node
// Draws the results of benchmark.mjs --json, one file or several side by side (such as jar and binary):
//   scripts/benchmark/plot.mjs FOLDER NAME=FILE.json [NAME=FILE.json ...]
// writes throughput.svg and latency.svg to the folder.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './report.mjs';

const [folder, ...inputs] = process.argv.slice(2);
if (!folder || inputs.length === 0 || !inputs.every((input) => input.includes('='))) {
  console.error('Usage: plot.mjs FOLDER NAME=FILE.json [NAME=FILE.json ...]');
  process.exit(2);
}
const named = inputs.map((input) => {
  const [name, file] = input.split(/=(.*)/s, 2);
  return { name, result: JSON.parse(readFileSync(file, 'utf8')) };
});
const COLOURS = ['#2f6db5', '#d9822b', '#4b9b5f', '#8a5fb0', '#999999'];
const ROW = 18;
const LEFT = 190;
const WIDTH = 620;

const escaped = (text) => text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
const text = (x, y, anchor, content, style = '') =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" ${style}>${escaped(content)}</text>`;

/**
 * Horizontal bars in groups.
 *
 * @param groups [{label, bars: [{name, colour, value, label}]}]
 * @param scale a value's share of the width, 0 to 1
 */
function bars(title, groups, scale) {
  let y = 46;
  const drawn = [text(10, 24, 'start', title, 'font-weight="bold" font-size="15"')];
  for (const { label, bars } of groups) {
    drawn.push(text(10, y + 13, 'start', label, 'font-weight="bold"'));
    for (const { name, colour, value, label: shown } of bars) {
      const width = Math.max(1, scale(value) * WIDTH).toFixed(1);
      drawn.push(
        text(LEFT - 8, y + 13, 'end', name),
        `<rect x="${LEFT}" y="${y + 2}" width="${width}" height="${ROW - 4}" fill="${colour}"/>`,
        text(LEFT + Number(width) + 6, y + 13, 'start', shown),
      );
      y += ROW;
    }
    y += 10;
  }
  const size = `width="${LEFT + WIDTH + 80}" height="${y}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="white"/>',
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

const [{ result: first }] = named;
const scenarios = Object.keys(first.builds[0].results);
const runsOf = (result, scenario) => result.builds[0].results[scenario] ?? [];
const of = (runs, field) => median(runs.map((run) => run[field]));
const compact = (value, digits) =>
  value.toLocaleString('en-US', { maximumFractionDigits: value >= 100 ? 0 : digits });

const series = [
  ...named.map(({ name, result }) => ({ name, runs: (scenario) => runsOf(result, scenario) })),
  { name: 'PostgreSQL alone', runs: (scenario) => first.alone[scenario] ?? [] },
].map((one, i, all) => ({
  ...one,
  colour: i === all.length - 1 ? COLOURS.at(-1) : COLOURS[i % 4],
}));

function throughput() {
  const groups = scenarios
    .filter((scenario) => scenario !== 'arrivals') // its rate is an option
    .map((scenario) => ({
      label: scenario,
      bars: series
        .filter(({ runs }) => runs(scenario).length > 0)
        .map(({ name, colour, runs }) => {
          const value = of(runs(scenario), 'perSecond');
          return { name, colour, value, label: compact(value, 0) };
        }),
    }));
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  return bars('Requests per second', groups, (value) => value / most);
}

/** Logarithmic, from 0.1 ms on. */
function latency() {
  const groups = scenarios.flatMap((scenario) =>
    named.map(({ name, result }, i) => ({
      label: named.length > 1 ? `${scenario}, ${name}` : scenario,
      bars: ['p50', 'p95', 'p99']
        .map((field) => ({ field, value: of(runsOf(result, scenario), field) }))
        .filter(({ value }) => Number.isFinite(value))
        .map(({ field, value }) => ({
          name: field,
          colour: COLOURS[i % 4],
          value,
          label: compact(value, 1),
        })),
    })),
  );
  const most = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const scale = (value) => Math.max(0, Math.log10(value / 0.1) / Math.log10(most / 0.1));
  return bars('Latency in milliseconds (logarithmic)', groups, scale);
}

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'throughput.svg'), throughput());
writeFileSync(join(folder, 'latency.svg'), latency());

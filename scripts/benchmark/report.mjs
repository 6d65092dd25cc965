// Medians, percentiles, and the results as Markdown.

/** NaN if one of the values is NaN, for example a latency without any response. */
export function median(values) {
  if (!values.every(Number.isFinite)) {
    return NaN;
  }
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

export function percentiles(millis) {
  const sorted = Float64Array.from(millis).sort();
  const at = (p) => sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))];
  return { p50: at(50), p95: at(95), p99: at(99) };
}

const whole = (value) => (Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '–');
const fraction = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const of = (runs, field) => (runs ? median(runs.map((run) => run[field])) : NaN);

function table(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, i) => (i ? '---:' : '---'))), ...rows.map(line)].join(
    '\n',
  );
}

function world({ machine, postgres, load, builds, alone }) {
  const runs = [...builds.map((build) => build.results), alone].flatMap(Object.values).flat();
  const others = runs.map((run) => run.othersCpus);
  return (
    `${machine.cpus} CPUs (${machine.model}), PostgreSQL ${postgres.server_version}, ` +
    `${whole(load.users)} users, ${whole(load.tasks)} tasks; medians of ${load.repeats} × ${load.seconds} s. ` +
    `Other processes used ${fraction(median(others), 1)} CPUs, at most ${fraction(Math.max(...others), 1)}.`
  );
}

const sum = (runs, field) => runs.reduce((total, run) => total + run[field], 0);

/** The table of one build, with PostgreSQL alone. */
export function report(result) {
  const [build] = result.builds;
  const rows = Object.entries(build.results).map(([scenario, runs]) => {
    const alone = result.alone[scenario] ?? (scenario === 'mix1000' ? result.alone.mix : undefined);
    return [
      scenario,
      whole(of(runs, 'perSecond')),
      ...['p50', 'p95', 'p99'].map((field) => fraction(of(runs, field), 1)),
      whole(sum(runs, 'errors')),
      whole(of(runs, 'serviceCpu')),
      whole(of(runs, 'databaseCpu')),
      whole(of(alone, 'perSecond')),
      fraction(of(alone, 'p95'), 1),
      whole(of(alone, 'databaseCpu')),
      fraction(of(runs, 'perSecond') / of(alone, 'perSecond'), 2),
    ];
  });
  return [
    world(result),
    '',
    table(
      [
        '',
        'requests/s',
        'p50 ms',
        'p95 ms',
        'p99 ms',
        'errors',
        'CPU µs, service',
        'CPU µs, database',
        'PostgreSQL alone /s',
        'p95 ms',
        'CPU µs',
        'ratio',
      ],
      rows,
    ),
    '',
    `Start to first answer ${whole(build.startMillis)} ms; resident memory ${whole(build.idleMiB)} MiB idle, ` +
      `${whole(build.peakMiB)} MiB at most.`,
    ...(build.results.arrivals ? [arrivalsNote(result.load, build.results.arrivals)] : []),
  ].join('\n');
}

const arrivalsNote = ({ rate }, runs) =>
  `Arrivals: ${whole(rate)} a second, over ${whole(of(runs, 'connections'))} connections; ` +
  `the load tool itself was up to ${fraction(of(runs, 'lagP99'), 1)} ms late (p99).`;

/** The table of two builds that ran in turns, A B B A: the median of second / first, and the range. */
export function comparison(result) {
  const [a, b] = result.builds;
  const ratios = (scenario, cost) =>
    Array.from({ length: result.load.repeats }, (_, i) => {
      const turn = (build) => build.results[scenario].slice(2 * i, 2 * i + 2);
      return sum(turn(b).map(cost), 'value') / sum(turn(a).map(cost), 'value');
    });
  const shown = (values) => {
    const range = [Math.min(...values), Math.max(...values)].map((value) => fraction(value, 2));
    return `${fraction(median(values), 3)} (${range.join(' – ')})`;
  };
  const field = (name) => (run) => ({ value: run[name] });
  const rows = Object.keys(a.results).map((scenario) => [
    scenario,
    ...[a, b].map((build) => whole(of(build.results[scenario], 'perSecond'))),
    shown(ratios(scenario, field('perSecond'))),
    ...[a, b].map((build) => whole(of(build.results[scenario], 'serviceCpu'))),
    shown(ratios(scenario, field('serviceCpu'))),
    shown(ratios(scenario, field('databaseCpu'))),
    ...[a, b].map((build) => fraction(of(build.results[scenario], 'p95'), 1)),
    [a, b].map((build) => whole(sum(build.results[scenario], 'errors'))).join(', '),
  ]);
  const described = ({ path, javaOptions, env, startMillis, idleMiB, peakMiB }) =>
    `${[path, javaOptions, ...Object.entries(env).map((e) => e.join('='))].filter(Boolean).join(' ')}: ` +
    `start ${whole(startMillis)} ms, ${whole(idleMiB)} MiB idle, ${whole(peakMiB)} MiB at most`;
  return [
    world(result),
    `A: ${described(a)}`,
    `B: ${described(b)}`,
    '',
    table(
      [
        '',
        'A /s',
        'B /s',
        'B / A requests/s',
        'A CPU µs',
        'B CPU µs',
        'B / A CPU, service',
        'B / A CPU, database',
        'A p95 ms',
        'B p95 ms',
        'errors A, B',
      ],
      rows,
    ),
  ].join('\n');
}

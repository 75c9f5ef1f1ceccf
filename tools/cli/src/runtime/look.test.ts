import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { expect, onTestFinished, test } from 'vitest';
import { type Check, fail, pass, skip, warn } from './check.ts';
import { commandOf, type Report, runCommand } from './command.ts';
import { type LookOptions, look, withLookOptions } from './look.ts';
import { recordedSurroundings } from './testing.ts';

type Round = { readonly number: number };

const check = (id: string, run: Check<Round>['run'], more: Partial<Check<Round>> = {}): Check<Round> => ({
  ...{ id, title: `the ${id}`, run },
  ...more,
});

async function run(argv: readonly string[], checks: readonly Check<Round>[], stop?: AbortSignal) {
  const root = await mkdtemp(join(tmpdir(), 'checks-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const options = { env: { PULUMI_CONFIG_PASSPHRASE: 'correct-horse' }, ...(stop && { signal: stop }) };
  const { surroundings, printed } = recordedSurroundings(root, options);
  const command = withLookOptions(commandOf('verify', 'Looks.'));
  let [opened, closed] = [0, 0];
  const open = () => ({
    ...{ checks, context: { number: ++opened } },
    close: async () => void closed++,
  });
  const code = await runCommand<LookOptions>(command, argv, surroundings, (words) =>
    look('verify', open, words, surroundings, 0.01),
  );
  expect(closed).toBe(opened);
  return { code, root, opened, ...(await printed()) };
}

const slow = check('balancer', ({ number }) =>
  number < 4 ? fail(`${Math.min(number, 2)} of 4`, 'wait') : pass('4 of 4'),
);

test('a look is one look, well or not', async () => {
  expect(await run([], [slow])).toMatchObject({ code: 1, opened: 1, stderr: '' });
  expect(await run([], [check('other', () => pass('yes'))])).toMatchObject({ code: 0, opened: 1 });
});

test('a watch looks until all is well, says what stands in the way when that changes, and prints the last look', async () => {
  const { code, opened, stdout, stderr } = await run(['--watch'], [slow, check('other', () => pass('yes'))]);
  expect({ code, opened }).toEqual({ code: 0, opened: 4 });
  expect(stderr.match(/ +\d+ s {2}not yet: the balancer: .*/g)).toEqual([
    expect.stringContaining('1 of 4'),
    expect.stringContaining('2 of 4'),
  ]);
  expect(stdout.match(/pass/g)).toHaveLength(3);
  expect(stdout).not.toContain('FAIL');
});

test('a watch ends with 1 when its time is up, and shows what is wrong', async () => {
  const never = check('balancer', () => fail('0 of 4', 'look at it'));
  const { code, stdout, stderr } = await run(['--watch', '--timeout', '1'], [never]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/FAIL {2}the balancer .*0 of 4\n.*→ look at it/);
  expect(stderr).toMatch(/not well after \d+ s, and --timeout is 1 s/);
});

test('a watch that is interrupted ends with 130', async () => {
  const stop = new AbortController();
  const interrupt = check('balancer', () => {
    setImmediate(() => stop.abort());
    return fail('0 of 4', 'wait');
  });
  expect(await run(['--watch'], [interrupt], stop.signal)).toMatchObject({ code: 130, stdout: '' });
});

test('what disturbs is looked at once the rest is well, and not before', async () => {
  const rounds: number[] = [];
  const burst = check(
    'rate',
    ({ number }) => {
      rounds.push(number);
      return pass('holds');
    },
    { disturbs: true, needs: ['balancer'] },
  );
  const { code, stdout } = await run(['--watch'], [slow, burst]);
  expect(code).toBe(0);
  expect(rounds).toEqual([4]);
  expect(stdout).toContain('holds');

  const never = check('balancer', () => fail('0 of 4', 'look at it'));
  const late = await run(['--watch', '--timeout', '1'], [never, { ...burst, needs: [] }]);
  expect(rounds).toEqual([4]);
  expect(late.stdout).toMatch(/skip {2}the rate .*because it disturbs/);
});

test('with --json the last look is the only thing on stdout', async () => {
  const { stdout } = await run(['--watch', '--json'], [slow]);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, checks: [{ id: 'balancer', seen: '4 of 4' }] });
});

const odd = [
  check('first', () => fail('<b>&"correct-horse"</b>\n\u001b[31mred', 'type <this>')),
  check('second', () => pass('good')),
  check('third', () => warn('odd', 'look')),
  check('fourth', () => skip('because so')),
];

test('reports are written where it says, as JUnit, HTML and JSON, and hold no secret', async () => {
  const { code, root, stderr } = await run(
    ['--report', 'junit', '--report', 'html', '--report', 'json'],
    odd,
  );
  expect(code).toBe(1);
  const file = (extension: string) => join(root, `dist/reports/verify-dev.${extension}`);
  for (const [format, extension] of Object.entries({ junit: 'xml', html: 'html', json: 'json' })) {
    expect(stderr).toContain(`${format} report: ${file(extension)}\n`);
    expect(await readFile(file(extension), 'utf8')).not.toContain('correct-horse');
  }

  const report = JSON.parse(await readFile(file('json'), 'utf8')) as Report;
  expect(report).toMatchObject({ command: 'verify', stack: 'dev', ok: false });

  const { suite, cases } = junit(await readFile(file('xml'), 'utf8'));
  expect(suite).toMatchObject({ tests: '4', failures: '1', errors: '0', skipped: '1' });
  expect(cases).toEqual([
    ['the first', 'failure', '<b>&"[hidden]"</b>\n\ufffd[31mred\n→ type <this>'],
    ['the second', 'system-out', 'good'],
    ['the third', 'system-out', 'warn: odd\n→ look'],
    ['the fourth', 'skipped', ''],
  ]);

  const html = await readFile(file('html'), 'utf8');
  expect(html).toContain('&lt;b&gt;&amp;&quot;[hidden]&quot;&lt;/b&gt;');
  expect(html).toContain('<code>type &lt;this&gt;</code>');
  expect(html).not.toMatch(/<b>|(?:src|href)=/);
  expect(html).toContain('not well');
});

/** What a strict parser finds in JUnit's XML: the suite's attributes, and each case with its outcome and that one's text. */
function junit(text: string) {
  const parser = new SaxesParser();
  let suite: Record<string, string> = {};
  const cases: [name: string, outcome: string, text: string][] = [];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (name === 'testsuite') suite = attributes as Record<string, string>;
    else if (name === 'testcase') cases.push([String(attributes.name), '', '']);
    else if (name !== 'testsuites') cases.at(-1)?.splice(1, 1, name);
  });
  parser.on('text', (part) => {
    const last = cases.at(-1);
    if (last && part.trim() !== '') last[2] += part;
  });
  parser.write(text).close();
  return { suite, cases };
}

test('a report of a watch is of its last look, in the file that is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'checks-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'deep/er.xml');
  const { stderr } = await run(['--watch', '--report', `junit=${file}`], [slow]);
  expect(stderr).toContain(`junit report: ${file}`);
  expect(junit(await readFile(file, 'utf8')).cases).toEqual([['the balancer', 'system-out', '4 of 4']]);
});

test('a report that cannot be written is told before anything is looked at', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'checks-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), '');
  const { code, opened, stderr } = await run(['--report', `html=${folder}/file/x.html`], [slow]);
  expect({ code, opened }).toEqual({ code: 1, opened: 0 });
  expect(stderr).toMatch(/\/file\/x\.html cannot be written: .*\n→ name another file/);
});

test.each([
  [
    ['--report', 'pdf'],
    /--report pdf: must be html, json, junit, or one with a file as in junit=verify\.xml/,
  ],
  [['--report', 'toString'], /--report toString: must be/],
  [['--timeout', '5'], /--timeout needs --watch/],
  [['--watch', '--timeout', 'soon'], /--timeout soon: must be seconds/],
])('%j is bad usage', async (argv, message) => {
  const { code, opened, stderr } = await run(argv, [slow]);
  expect({ code, opened }).toEqual({ code: 2, opened: 0 });
  expect(stderr).toMatch(message);
});

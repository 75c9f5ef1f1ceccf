import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startBrowser, startConsole, stateOf, steady } from '@envoy-poc/console/testing';
import { freePort } from '@envoy-poc/env/listen';

// What the console's page costs while it shows the default run: the same events each time, as fast as they happen.
// npx nx run bench:console -- --help

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    'events-per-second': { type: 'string', default: '' },
    still: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`Usage: npx nx run bench:console -- [--seconds N] [--events-per-second N] [--still]

Prints first paint, share of a core that the page's process takes, and memory at the start and at the end. Needs Chromium.
--events-per-second: faster than they happen, such as an hour's events in a minute at 180. --still: reduced motion.`);
  process.exit(0);
}
const seconds = Number(values.seconds);
const rate = values['events-per-second'] === '' ? undefined : Number(values['events-per-second']);
if (!(seconds > 0) || (rate !== undefined && !(rate > 0))) {
  console.error(`bench: --seconds ${values.seconds}, --events-per-second ${rate}: must be numbers above 0`);
  process.exit(2);
}

const filled = 75;
const perSecond = 3;
const { setup, before } = steady(undefined, filled + Math.ceil(((rate ?? perSecond) * seconds) / 2) + 60);
const isBefore = ({ at }: { at: string }) => Date.parse(at) < Date.parse(setup.startedAt) + filled * 1000;
const server = await startConsole({
  port: await freePort(),
  setup,
  state: () => stateOf(setup, 0, []),
  log: async () => ({ why: [], lines: [] }),
});
for (const event of before.filter(isBefore)) server.send(event);
const next = before.filter((event) => !isBefore(event));
const browser = await startBrowser();
try {
  const page = await browser.newPage({
    viewport: { width: 1280, height: 860 },
    reducedMotion: values.still ? 'reduce' : 'no-preference',
  });
  await page.goto(server.url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const measure = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? Number.NaN;
    return {
      processSeconds: metric('ProcessTime'),
      heapMb: metric('JSHeapUsedSize') / 1e6,
      nodes: metric('Nodes'),
    };
  };
  await sleep(2000);
  const paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime");
  const [start, beganAt] = [await measure(), performance.now()];
  const firstAt = Date.parse(setup.startedAt) + filled * 1000;
  let sent = 0;
  while (performance.now() - beganAt < seconds * 1000 && sent < next.length) {
    const elapsedMs = performance.now() - beganAt;
    const due = (event: { at: string }, n: number) =>
      rate === undefined ? Date.parse(event.at) - firstAt <= elapsedMs : n < (elapsedMs / 1000) * rate;
    for (let event = next[sent]; event && due(event, sent); event = next[++sent]) server.send(event);
    await sleep(20);
  }
  const elapsed = (performance.now() - beganAt) / 1000;
  const end = await measure();
  const share = (end.processSeconds - start.processSeconds) / elapsed;
  console.log(`events        ${sent} in ${elapsed.toFixed(0)} s`);
  console.log(`first paint   ${Number(paint).toFixed(0)} ms`);
  console.log(`of one core   ${(share * 100).toFixed(1)} %`);
  console.log(`heap          ${start.heapMb.toFixed(1)} MB, at the end ${end.heapMb.toFixed(1)} MB`);
  console.log(`DOM nodes     ${start.nodes}, at the end ${end.nodes}`);
} finally {
  await browser.close();
  await server.close();
}

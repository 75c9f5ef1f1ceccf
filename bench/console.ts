import { setTimeout as sleep } from 'node:timers/promises';
import { goingOn, startBrowser, startConsole, stateOf, steady } from '@envoy-poc/console/testing';
import { freePort } from '@envoy-poc/env/listen';
import { commandLine, fail } from './command-line.ts';

// What the console's page costs while it shows the default run: the same events each time, as fast as they happen.
// npx nx run bench:console -- --help

const values = commandLine(
  {
    seconds: { type: 'string', default: '60' },
    hour: { type: 'boolean', default: false },
    still: { type: 'boolean', default: false },
  },
  `Usage: npx nx run bench:console -- [--seconds N] [--hour] [--still]

Prints first paint, and the share of a core that the page and all of the browser take. Needs Chromium.
--hour: an hour of events in that time, instead of as fast as they happen; prints memory of page and server, too, after
half of it and at its end. --still: reduced motion.`,
);
const seconds = Number(values.seconds);
if (!(seconds > 0)) fail(`--seconds ${values.seconds} is not a number above 0`);
const { gc } = globalThis;
if (!gc) throw new Error('memory can only be measured with node --expose-gc, as bench:console runs it');

/** Seconds of the run that are over when the page comes, and that pass in one second of the measurement. */
const filled = 75;
const pace = values.hour ? 3600 / seconds : 1;

const { setup } = steady();
const server = await startConsole({
  port: await freePort(),
  setup,
  state: () => stateOf(setup, 0, []),
  log: () => ({ why: [], lines: [] }),
});
const events = goingOn(setup);
let next = events.next().value;
/** Sends what happens until so many seconds after the start of the run; how many that were. */
function sendUntil(runSeconds: number): number {
  let sent = 0;
  for (; Date.parse(next.at) < Date.parse(setup.startedAt) + runSeconds * 1000; sent++) {
    server.send(next);
    next = events.next().value;
  }
  return sent;
}
sendUntil(filled);

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
  const ofBrowser = await browser.newBrowserCDPSession();
  const measure = async () => {
    gc();
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const { processInfo } = await ofBrowser.send('SystemInfo.getProcessInfo');
    const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? Number.NaN;
    return {
      pageSeconds: metric('ProcessTime'),
      scriptSeconds: metric('ScriptDuration'),
      browserSeconds: processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0),
      pageMb: metric('JSHeapUsedSize') / 1e6,
      serverMb: process.memoryUsage().heapUsed / 1e6,
      nodes: metric('Nodes'),
    };
  };
  await sleep(2000);
  const paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime");
  const [start, beganAt] = [await measure(), performance.now()];
  const elapsed = () => (performance.now() - beganAt) / 1000;
  let sent = 0;
  const sendFor = async (over: number) => {
    while (elapsed() < over) {
      sent += sendUntil(filled + elapsed() * pace);
      await sleep(20);
    }
  };
  await sendFor(seconds / 2);
  const half = await measure();
  await sendFor(seconds);
  const end = await measure();
  const share = (of: 'pageSeconds' | 'scriptSeconds' | 'browserSeconds') =>
    `${((100 * (end[of] - start[of])) / elapsed()).toFixed(1)} %`;
  const megabytes = (of: 'pageMb' | 'serverMb') =>
    `${half[of].toFixed(1)} MB after half of the time, ${end[of].toFixed(1)} MB at the end: ` +
    `${(end[of] / half[of]).toFixed(2)} times`;
  console.log(`events        ${sent} in ${elapsed().toFixed(0)} s`);
  console.log(`first paint   ${Number(paint).toFixed(0)} ms`);
  console.log(`of one core   page ${share('pageSeconds')}, of that script ${share('scriptSeconds')}`);
  console.log(`              all of the browser ${share('browserSeconds')}`);
  if (values.hour) {
    console.log(`page          ${megabytes('pageMb')}`);
    console.log(`server        ${megabytes('serverMb')}`);
    console.log(`DOM nodes     ${half.nodes} after half of the time, ${end.nodes} at the end`);
  }
} finally {
  await browser.close();
  await server.close();
}

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { freePort } from '@envoy-poc/env/listen';
import type { Page } from 'playwright-core';
import { writeRecording } from '../recording/recorder.ts';
import { type ConsoleServer, startConsole } from '../server.ts';
import { startBrowser } from './browser.ts';
import { recorderOf } from './recorded.ts';
import { stateOf } from './run.ts';
import { breach, deployed, eventful, many, type Scene, steady, storm } from './scenes.ts';
import { tourOf } from './tour.ts';

const [folder = '.'] = process.argv.slice(2);

interface Picture {
  name: string;
  scene: () => Scene;
  width: number;
  dark?: boolean;
  /** What a reader does before it is taken. */
  first?: (page: Page) => Promise<void>;
}

async function breakFirstStep(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Take the tour' }).click();
  await page.getByRole('button', { name: 'Break it' }).click();
  await page.getByRole('button', { name: 'Mend it' }).waitFor();
}

const pictures: Picture[] = [
  { name: 'console', scene: steady, width: 1280 },
  { name: 'console-dark', scene: steady, width: 1280, dark: true },
  { name: 'console-narrow', scene: steady, width: 390 },
  { name: 'console-narrow-dark', scene: steady, width: 390, dark: true },
  { name: 'console-storm', scene: storm, width: 1280, dark: true },
  { name: 'console-breach', scene: breach, width: 1280 },
  { name: 'console-many', scene: many, width: 1280 },
  { name: 'console-stack', scene: deployed, width: 1280 },
  { name: 'console-tour', scene: steady, width: 1280, first: breakFirstStep },
];

await mkdir(folder, { recursive: true });
const browser = await startBrowser();
try {
  for (const { name, scene, width, dark = false, first } of pictures) {
    const { setup, before, next, seconds } = scene();
    const server: ConsoleServer = await startConsole({
      port: await freePort(),
      setup,
      state: () => stateOf(setup, 0, []),
      log: () => ({ why: [], lines: [] }),
      // A deployed stack can only be looked at.
      ...(!setup.place && { act: tourOf(setup, seconds, (event) => server.send(event)) }),
    });
    for (const event of before) server.send(event);
    const page = await browser.newPage({
      viewport: { width, height: width < 500 ? 1000 : 860 },
      colorScheme: dark ? 'dark' : 'light',
      timezoneId: 'UTC',
      deviceScaleFactor: width < 500 ? 2 : 1,
    });
    await page.goto(server.url);
    await page.getByRole('heading', { name: /slots open/ }).waitFor();
    for (const event of next) server.send(event);
    await first?.(page);
    // In the middle of what flashes, and when every line is drawn.
    await sleep(next.length > 0 || first ? 700 : 300);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await page.close();
    await server.close();
  }
  const file = join(folder, 'console-replay.html');
  await writeRecording(file, recorderOf(eventful()));
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, timezoneId: 'UTC' });
  await page.goto(String(pathToFileURL(file)));
  await page.getByRole('heading', { name: /slots open/ }).waitFor();
  await sleep(300);
  await page.screenshot({ path: join(folder, 'console-replay.png') });
  await rm(file);
} finally {
  await browser.close();
}

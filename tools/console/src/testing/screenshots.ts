import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@envoy-poc/env/listen';
import { startConsole } from '../server.ts';
import { startBrowser } from './browser.ts';
import { stateOf } from './run.ts';
import { breach, many, type Scene, steady, storm } from './scenes.ts';

const [folder = '.'] = process.argv.slice(2);

const pictures: { name: string; scene: () => Scene; width: number; dark?: boolean }[] = [
  { name: 'console', scene: steady, width: 1280 },
  { name: 'console-dark', scene: steady, width: 1280, dark: true },
  { name: 'console-narrow', scene: steady, width: 390 },
  { name: 'console-narrow-dark', scene: steady, width: 390, dark: true },
  { name: 'console-storm', scene: storm, width: 1280, dark: true },
  { name: 'console-breach', scene: breach, width: 1280 },
  { name: 'console-many', scene: many, width: 1280 },
];

await mkdir(folder, { recursive: true });
const browser = await startBrowser();
try {
  for (const { name, scene, width, dark = false } of pictures) {
    const { setup, before, next } = scene();
    const server = await startConsole({
      port: await freePort(),
      setup,
      state: () => stateOf(setup, 0, []),
      log: async () => ({ why: [], lines: [] }),
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
    // In the middle of what flashes.
    await sleep(next.length > 0 ? 700 : 300);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await page.close();
    await server.close();
  }
} finally {
  await browser.close();
}

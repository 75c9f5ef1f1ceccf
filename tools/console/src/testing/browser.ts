import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/** The path of a Chromium of this machine, or undefined. */
export const program = ['chromium-headless-shell', 'chromium', 'google-chrome']
  .map((name) => spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim())
  .find((path) => path !== '');

/** Starts that Chromium. It asks nobody but the page. */
export function startBrowser(): Promise<Browser> {
  if (!program) throw new Error('no Chromium is here. Install it, for example: apt-get install chromium');
  return chromium.launch({
    executablePath: program,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { freePort } from '@envoy-poc/env/listen';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import type { Setup } from '../events.ts';
import { type ConsoleOptions, type ConsoleServer, startConsole } from '../server.ts';
import { type Look, startBrowser, tabsOf } from './browser.ts';
import { stateOf } from './run.ts';
import type { Scene } from './scenes.ts';

/** Others keep the machine busy. */
export const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 30_000 });

const log = (requestId: string) => ({
  why: [`${requestId} was admitted\n  tried     pod-1: took it\n`],
  lines: [{ from: 'edge-1', line: `{"request_id":"${requestId}","code":101}` }],
});

/** Consoles and the pages that follow them, for the tests of a file, in one browser. */
export function pages() {
  let browser: Browser;
  let tabs: Awaited<ReturnType<typeof tabsOf>>;
  beforeAll(async () => {
    browser = await startBrowser();
    tabs = await tabsOf(browser);
  });
  afterAll(() => browser?.close());

  async function serve(setup: Setup, more: Partial<ConsoleOptions> = {}): Promise<ConsoleServer> {
    const state = () => stateOf(setup, 0, []);
    const server = await startConsole({ port: await freePort(), setup, state, log, ...more });
    onTestFinished(() => server.close());
    return server;
  }

  /** A page that follows a run; whatever it complains about fails the test. */
  async function open(url: string, look?: Look): Promise<Page> {
    const page = await tabs.take(look);
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    onTestFinished(async () => {
      tabs.give(page);
      // A server that is gone, or another one, is no fault of the page.
      expect(problems.filter((text) => !/ERR_|status of 403/.test(text))).toEqual([]);
    });
    await page.goto(url);
    return page;
  }

  /** `act`: what happens to an action; left out: the run can only be looked at. */
  async function show({ setup, before }: Scene, look?: Look, act?: ConsoleOptions['act']) {
    const server = await serve(setup, act && { act });
    for (const event of before) server.send(event);
    const page = await open(server.url, look);
    await page.getByRole('heading', { level: 1 }).waitFor();
    return { page, server };
  }
  return { serve, show };
}

/** Every theme and width that the page is made for. */
export const looks: Look[] = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [1280, 390].map((width) => ({ colorScheme, viewport: { width, height: 860 } })),
);

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds on a page, as `rule: where and why`. */
export async function axeFindings(page: Page): Promise<string[]> {
  const found: { id: string; nodes: { html: string; failureSummary: string }[] }[] = await page.evaluate(
    `${axe}; axe.run(document).then(({ violations }) => violations)`,
  );
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)}`,
  );
}

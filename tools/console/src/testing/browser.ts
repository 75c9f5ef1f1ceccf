import { spawnSync } from 'node:child_process';
import { type Browser, chromium, type Page } from 'playwright-core';

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

/** How a page is seen. */
export interface Look
  extends Pick<NonNullable<Parameters<Page['emulateMedia']>[0]>, 'colorScheme' | 'reducedMotion'> {
  /** In pixels. Default: 1280 × 860. */
  viewport?: { width: number; height: number };
}

/** Tabs of a browser, which are used again: for each new one it starts two processes. Their time zone is UTC. */
export async function tabsOf(browser: Browser) {
  const context = await browser.newContext({ timezoneId: 'UTC' });
  const idle: Page[] = [];
  return {
    async take({ viewport = { width: 1280, height: 860 }, ...media }: Look = {}): Promise<Page> {
      const page = idle.pop() ?? (await context.newPage());
      // Behind another tab, it would draw a frame a second.
      await page.bringToFront();
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference', ...media });
      return page;
    },
    /** Nobody listens to it any more. */
    give(page: Page): void {
      page.removeAllListeners();
      idle.push(page);
    },
  };
}

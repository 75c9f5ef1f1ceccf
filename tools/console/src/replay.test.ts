import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { have } from '@envoy-poc/testing';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { writeRecording } from './recording/recorder.ts';
import { program, startBrowser } from './testing/browser.ts';
import { loggedIn } from './testing/logged.ts';
import { recorderOf } from './testing/recorded.ts';
import { after, setupOf } from './testing/run.ts';
import { breach, eventful, hour, type Scene, steady } from './testing/scenes.ts';

/** Others keep the machine busy. */
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 30_000 });

const withBrowser = describe.runIf(
  have('chromium', program !== undefined, 'Install it, for example: apt-get install chromium'),
);

withBrowser('a recording in a browser', () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    browser = await startBrowser();
    folder = await mkdtemp(join(tmpdir(), 'replay-'));
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  let files = 0;
  /** The address of the file with a recording of a scene. */
  async function fileOf(scene: Scene): Promise<string> {
    const file = join(folder, `${files++}.html`);
    await writeRecording(file, recorderOf(scene, { log: loggedIn([...scene.before, ...scene.next]) }));
    return String(pathToFileURL(file));
  }

  /** Opens the file of a scene from the disk, without a network; whatever the page complains about fails the test. */
  async function open(scene: Scene, hash = '', options: BrowserContextOptions = {}): Promise<Page> {
    const page = await browser.newPage({
      viewport: { width: 1280, height: 860 },
      ...{ timezoneId: 'UTC', offline: true },
      ...options,
    });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) problems.push(`asked for ${request.url()}`);
    });
    onTestFinished(async () => {
      await page.close();
      expect(problems).toEqual([]);
    });
    await page.goto(`${await fileOf(scene)}${hash}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    return page;
  }

  const time = (page: Page) => page.getByRole('slider', { name: 'Time' });
  const shown = (page: Page) => page.locator('.player .now').textContent();
  const heading = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();
  const hashOf = (page: Page) => new URL(page.url()).hash;

  test('opens from the disk, at the end when all held', async () => {
    const page = await open(steady());
    expect(await heading(page)).toBe('8 of 8 slots open. Every promise holds.');
    expect(await shown(page)).toBe('12:01:15 75.0 s');
    expect(await page.locator('.top').textContent()).toContain('recorded');
    expect(await page.locator('.chart').count()).toBeGreaterThan(4);
    await eventually(() => hashOf(page)).toBe('#t=75');
  });

  test('opens where the first promise broke', async () => {
    const page = await open(breach());
    expect(await page.locator('.lights .broken').textContent()).toContain('limit');
    await eventually(() => hashOf(page)).toBe('#t=76');
  });

  test('a link leads to a moment, and the back button to the one before', async () => {
    const page = await open(steady(), '#t=3.25');
    expect(await heading(page)).toContain('3 of 8 slots open');
    expect(await shown(page)).toBe('12:00:03 3.3 s');
    // One more has opened since that was told.
    expect(await page.locator('.link').count()).toBe(4);
    await page.evaluate("location.hash = '#t=5.5'");
    await eventually(() => heading(page)).toContain('5 of 8');
    await page.goBack();
    await eventually(() => heading(page)).toContain('3 of 8');
  });

  test('scrubs by keyboard and by pointer, and the address follows', async () => {
    const page = await open(steady());
    await time(page).focus();
    await page.keyboard.press('Home');
    await eventually(() => heading(page)).toContain('Waiting for the first look');
    for (let n = 0; n < 4; n++) await page.keyboard.press('ArrowRight');
    await eventually(() => heading(page)).toContain('4 of 8');
    expect(await time(page).getAttribute('aria-valuetext')).toBe('12:00:04, 4.0 s of 75.0 s');
    await eventually(() => hashOf(page)).toBe('#t=4');
    const box = await time(page).boundingBox();
    if (!box) throw new Error('the slider is not drawn');
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await eventually(() => shown(page)).toMatch(/^12:00:3[78]/);
    expect(await page.locator('.refusal, .ghost').count()).toBe(0);
  });

  test('plays as fast as it is told, holds, and stops at the end', async () => {
    const page = await open(steady(), '#t=2');
    const secondsShown = async () => Number(/([\d.]+) s$/.exec((await shown(page)) ?? '')?.[1]);
    await page.getByRole('button', { name: 'Play' }).click();
    await eventually(secondsShown).toBeGreaterThan(3);
    expect(hashOf(page)).toBe('#t=2');
    await page.getByRole('button', { name: 'Pause' }).click();
    const held = await secondsShown();
    await eventually(() => hashOf(page)).toMatch(/^#t=\d+\.\d+$/);
    await page.waitForTimeout(400);
    expect(await secondsShown()).toBe(held);
    await page.getByRole('button', { name: '16×' }).click();
    const began = performance.now();
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByRole('button', { name: 'Play' }).waitFor();
    // Less would need a faster clock: a slow machine only takes longer.
    expect(performance.now() - began).toBeGreaterThan(((75 - held) * 1000) / 17);
    expect(await heading(page)).toContain('8 of 8');
    expect(await shown(page)).toBe('12:01:15 75.0 s');
    await page.getByRole('button', { name: 'Play' }).click();
    await eventually(secondsShown).toBeLessThan(60);
  });

  test('while it plays, what happens flashes as it does in a run', async () => {
    const page = await open(steady(), '#t=9');
    await page.getByRole('button', { name: 'Play' }).click();
    await page.locator('.refusal').first().waitFor({ state: 'attached' });
  });

  test('the bucket stands still while it is paused', async () => {
    const page = await open(steady(), '#t=4.4');
    const scale = () => page.evaluate("getComputedStyle(document.querySelector('.water')).transform");
    const before = await scale();
    await page.waitForTimeout(400);
    expect(await scale()).toBe(before);
    expect(await page.locator('.gate').textContent()).toContain('next: soon');
  });

  test('jumps to what was done, and to what broke', async () => {
    const page = await open(eventful(), '#t=1');
    const jump = page.getByRole('combobox', { name: 'Jump to' });
    const all = await jump.locator('option').allTextContents();
    expect(all).toContain('12:05:00 limit broke');
    expect(all).toContain('12:00:37 pod-1 killed');
    expect(await page.locator('.ticks b').count()).toBe(all.length - 1);
    await jump.selectOption('12:05:00 limit broke');
    await eventually(() => shown(page)).toMatch(/^12:05:00/);
    expect(await page.locator('.lights .broken').textContent()).toContain('limit');
    expect(await jump.inputValue()).toBe('');
  });

  test('copies the link of the moment', async () => {
    const page = await open(steady(), '#t=12.5', { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByRole('button', { name: 'Copy link' }).click();
    await eventually(() => page.locator('.player').textContent()).toContain('Copied');
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^file:.*\.html#t=12\.5$/);
  });

  test('evidence shows what is recorded, and asks nobody', async () => {
    const page = await open(steady());
    await page.locator('[data-name="pod-1"]').click();
    const dialog = page.getByRole('dialog');
    await eventually(() => dialog.textContent()).toContain('ws_server_open_connections');
    expect(await dialog.getByRole('link').count()).toBe(0);
    await dialog.locator('.entries button').last().click();
    await eventually(() => dialog.locator('.why').textContent()).toContain('was admitted');
    expect(await dialog.locator('.line figcaption').allTextContents()).toEqual(
      expect.arrayContaining(['picker-1', 'pod-1']),
    );
    expect(await dialog.locator('.story li').count()).toBeGreaterThan(0);
  });

  test('a refusal and a connection are explained, with every line about them', async () => {
    const scene = steady();
    const page = await open(scene, '#t=30.5');
    const log = loggedIn(scene.before);
    for (const [kind, name] of [
      ['full', 'refused'],
      ['open', 'open'],
    ] as const) {
      const last = scene.before.findLast(({ event, at }) => event === name && at < after(30.5));
      const id = last && 'requestId' in last ? last.requestId : '';
      await page.getByRole('combobox', { name: 'kind' }).selectOption(kind);
      await page.locator('.entries button').first().click();
      const dialog = page.getByRole('dialog');
      await eventually(() => dialog.getByRole('heading').textContent()).toBe(`Request ${id}`);
      await eventually(() => dialog.locator('.why').allTextContents()).toEqual(log(id)?.why);
      const lines = log(id)?.lines.map(({ line }) => line);
      expect(await dialog.locator('.line pre').allTextContents()).toEqual(lines);
      await page.keyboard.press('Escape');
    }
  });

  test('where nothing of a request was kept, that is said', async () => {
    const file = join(folder, 'without.html');
    await writeRecording(file, recorderOf(steady()));
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(String(pathToFileURL(file)));
    await page.locator('[data-name="pod-1"]').click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('.entries button').first().click();
    await eventually(() => dialog.textContent()).toContain('The recording has no log line about it');
  });

  test('the file may ask nobody, even where there is a network', async () => {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(await fileOf(steady()));
    const refusedBy = await page.evaluate(`new Promise((done) => {
      document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
      fetch('http://127.0.0.1:9/').catch(() => {});
    })`);
    expect(refusedBy).toBe('connect-src');
  });

  test('a damaged file says so', async () => {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    const file = join(folder, 'damaged.html');
    const recorder = recorderOf(steady());
    await writeRecording(file, Object.assign(recorder, { text: () => 'AAAA' }));
    await page.goto(String(pathToFileURL(file)));
    await eventually(() => page.locator('body').textContent()).toContain('This recording is damaged');
  });

  test('anywhere in an hour is there at once', async ({ annotate }) => {
    const page = await open(hour());
    expect(await shown(page)).toMatch(/^13:00:00/);
    const milliseconds = (await page.evaluate(`(async () => {
      const slider = document.querySelector('.track input');
      const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      const times = [];
      for (let n = 1; n <= 40; n++) {
        const began = performance.now();
        slider.valueAsNumber = (n * 1_000_003) % 3_600_000;
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        await painted();
        times.push(performance.now() - began);
      }
      return times.sort((a, b) => a - b);
    })()`)) as number[];
    await annotate(
      `half in ${milliseconds[20]?.toFixed(0)} ms, all in ${milliseconds.at(-1)?.toFixed(0)} ms`,
    );
    expect(await shown(page)).toMatch(/^12:06:40/);
  });

  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const looks: BrowserContextOptions[] = (['light', 'dark'] as const).flatMap((colorScheme) =>
    [1280, 390].map((width) => ({ colorScheme, viewport: { width, height: 860 } })),
  );
  test.each(looks)(
    '$colorScheme at $viewport.width pixels: axe finds nothing, nothing sticks out',
    async (look) => {
      const page = await open(eventful(setupOf(), 120), '', { ...look, reducedMotion: 'reduce' });
      const found = await page.evaluate(
        `${axe}; axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html)))`,
      );
      expect(found).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      const bar = await page.locator('.player').boundingBox();
      expect((bar?.y ?? 0) + (bar?.height ?? 0)).toBeLessThanOrEqual(860);
      expect(bar?.height).toBeLessThan(200);
    },
  );
});

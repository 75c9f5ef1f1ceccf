import { gzipSync } from 'node:zlib';
import { have } from '@envoy-poc/testing';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { bundlePage } from './bundle.ts';
import type { PodState, RunEvent, Setup } from './events.ts';
import { program } from './testing/browser.ts';
import { axeFindings, eventually, looks, pages } from './testing/pages.ts';
import { closed, opened, refused, replied, setupOf, stateOf } from './testing/run.ts';
import { aroundTheEdges, breach, many, steady, storm } from './testing/scenes.ts';

test('the page is one file of less than 150 kB, compressed, that loads nothing', async () => {
  const { html } = await bundlePage();
  expect(gzipSync(html).length).toBeLessThan(150_000);
  expect(html).not.toMatch(/(src|href)="(?!data:)|@import|url\(["']?(?!data:)[a-z./]/);
});

/** Pixels between the name of a client and its first dot. */
function nameAndPips(client: {
  querySelector(what: string): { getBoundingClientRect(): { left: number; right: number } };
}) {
  const [name, pip] = ['.name', '.pip'].map((what) => client.querySelector(what).getBoundingClientRect());
  return (pip?.left ?? 0) - (name?.right ?? 0);
}

const withBrowser = describe.runIf(
  have('chromium', program !== undefined, 'Install it, for example: apt-get install chromium'),
);

withBrowser('in a browser', () => {
  const { serve, show } = pages();
  const state = (setup: Setup, seconds: number, open: number[], most?: number[]): RunEvent => ({
    event: 'state',
    ...stateOf(setup, seconds, open, most),
  });
  const label = (page: Page, name: string) =>
    page.locator(`[data-name="${name}"]`).getAttribute('aria-label');

  test('the picture: slots, high-water and limit of each pod, and who is connected', async () => {
    const setup = setupOf();
    const before = [
      opened(1, 1, 1, 1, 1),
      opened(2, 2, 2, 1, 2),
      opened(3, 3, 2, 2, 3),
      refused(3.5, 4, 2, 'rate'),
      state(setup, 4, [2, 1, 0, 0], [2, 2, 0, 0]),
    ];
    const { page, server } = await show({ setup, before, next: [], seconds: 4 });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('3 of 8 slots open.');
    expect(await label(page, 'pod-1')).toBe('pod-1: 2 open, most ever 2, limit 2, full');
    expect(await label(page, 'pod-2')).toBe('pod-2: 1 open, most ever 2, limit 2, 1 free');
    expect(await label(page, 'edge-2')).toBe('edge-2: 2 open, refused 1 by rate and 0 because all was full');
    expect(await label(page, 'client-4')).toBe('client-4: 0 open of 5 wanted, refused 1 times');
    expect(await page.locator('.link').count()).toBe(3);
    expect(await page.locator('.pod .slot.taken').count()).toBe(3);

    server.send(opened(5, 5, 3, 3, 5));
    server.send(closed(5, 3, 2, 2, 3));
    server.send(state(setup, 5, [2, 0, 1, 0], [2, 2, 1, 0]));
    await eventually(() => label(page, 'pod-3')).toBe('pod-3: 1 open, most ever 1, limit 2, 1 free');
    await eventually(() => label(page, 'pod-2')).toContain('0 open, most ever 2');
    expect(await page.locator('.link.fresh').count()).toBe(1);
    expect(await page.locator('.ghost').count()).toBe(1);
  });

  test('a refusal flashes with its reason, and a storm is counted, not drawn line by line', async () => {
    const scene = storm();
    const { page, server } = await show(scene);
    expect(await page.locator('.refusal').count()).toBe(0);
    server.send(refused(scene.seconds, 1, 1, 'rate'));
    await eventually(() => page.locator('.refusal.rate text').allTextContents()).toEqual(['429 rate']);
    for (const event of scene.next) server.send(event);
    await eventually(() => page.locator('.refusal.full text').allTextContents()).toEqual(
      Array(3).fill('503 full ×20'),
    );
    expect(await page.locator('.refusal').count()).toBeLessThanOrEqual(24);
  });

  test('pickers and the bucket: who admits, who stands by, who is away', async () => {
    const setup = setupOf();
    const { page, server } = await show(steady(setup, 20));
    const gate = page.locator('.gate');
    await eventually(() => gate.textContent()).toContain('picker-1 admits');
    expect(await gate.textContent()).toContain('picker-2 stands by');
    const away = stateOf(setup, 21, [2, 2, 2, 2]);
    away.silent = { ...away.silent, pickers: [{ name: 'picker-1', seconds: 4 }] };
    server.send({ event: 'state', ...away });
    await eventually(() => gate.textContent()).toContain('picker-1 silent for 4 s');
    expect(await gate.textContent()).toContain('picker-2 admits');
    away.silent = { ...away.silent, pickers: setup.pickers.map(({ name }) => ({ name, seconds: 4 })) };
    server.send({ event: 'state', ...away });
    await eventually(() => gate.textContent()).toContain('each edge by its share');
  });

  test('the bucket is empty after an admission, and full an interval later', async () => {
    const setup = { ...setupOf(), newConnectionsPerSecond: 0.5 };
    const { page, server } = await show(steady(setup, 20));
    const told = stateOf(setup, 30, [2, 2, 2, 1]);
    const now = { at: new Date().toISOString() };
    server.send({ event: 'state', ...told, ...now });
    server.send({ ...opened(30, 1, 1, 4, 777), ...now });
    await eventually(() => label(page, 'the rate')).toContain('The bucket fills');
    await eventually(() => label(page, 'the rate')).toContain('may come in now');
  });

  test('a broken promise turns its light red, says when and where, and shows for good', async () => {
    const scene = breach();
    const { page, server } = await show(scene);
    const light = page.locator('.lights button', { hasText: 'limit' });
    expect(await light.getAttribute('class')).toBe('holds');
    for (const event of scene.next) server.send(event);
    await eventually(() => light.getAttribute('class')).toBe('broken');
    server.send(state(scene.setup, scene.seconds + 5, [2, 2, 2, 2]));
    const row = page.locator('.verdicts > li.mended');
    await eventually(() => row.textContent()).toMatch(
      /broke at12:01:16 on pod-2: most ever: 2 3 2 2.*holds again since 12:01:20/,
    );
    expect(await light.getAttribute('class')).toBe('mended');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('holds again');
  });

  test('charts: values of now, windows, hover', async () => {
    const { page } = await show(steady());
    const open = page.locator('.chart', { hasText: 'Slots open' });
    await eventually(() => open.getAttribute('aria-label')).toBe('Slots open: open 8, capacity 8');
    const highWater = page.locator('.chart', { hasText: 'Most ever on each pod' });
    expect(await highWater.getAttribute('aria-label')).toBe('Most ever on each pod: most ever 2, limit 2');
    await page.getByRole('button', { name: '10 min' }).click();
    await open.locator('.u-over').hover({ position: { x: 2, y: 20 } });
    await eventually(() => open.locator('.title span').textContent()).toBe('12:00:00');
    expect(await open.locator('.values').textContent()).toMatch(/open [1-4]capacity 8/);
  });

  test('pause holds everything, and goes on where the run is', async () => {
    const setup = setupOf();
    const { page, server } = await show(steady(setup, 20));
    await page.getByRole('button', { name: 'Pause' }).click();
    server.send(state(setup, 21, [2, 1, 0, 0]));
    server.send(replied(21, 9, 1, 3, 1));
    await page.waitForTimeout(300);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('8 of 8');
    await page.getByRole('button', { name: 'Go on' }).click();
    await eventually(() => page.getByRole('heading', { level: 1 }).textContent()).toContain('3 of 8');
  });

  test('a refusal fades without an animation, for which a browser would draw frame after frame', async () => {
    const { page, server } = await show(steady(setupOf(), 20));
    server.send(refused(21, 1, 1, 'full'));
    const refusal = page.locator('.refusal');
    await eventually(() => refusal.getAttribute('style')).toContain('opacity: 1');
    const running = "document.getAnimations().filter(({ playState }) => playState === 'running').length";
    expect(await page.evaluate(running)).toBe(0);
    await eventually(() => refusal.getAttribute('style')).toContain('opacity: 0;');
  });

  test('charts are drawn where they can be seen, and only when they change', async () => {
    const setup = setupOf();
    const { page, server } = await show(steady(setup, 20));
    await page.evaluate(`globalThis.drawn = 0;
      const { clearRect } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.clearRect = function (...box) { drawn++; clearRect.apply(this, box); };`);
    const drawnWith = async (second: number) => {
      await page.evaluate('drawn = 0');
      server.send(state(setup, second, [2, 2, 2, 1]));
      await eventually(() => label(page, 'pod-4')).toContain('1 open');
      server.send(state(setup, second + 1, [2, 2, 2, 2]));
      await eventually(() => label(page, 'pod-4')).toContain('2 open');
      return page.evaluate('drawn') as Promise<number>;
    };
    await eventually(() => page.evaluate('scrollY')).toBe(0);
    expect(await drawnWith(21)).toBe(0);
    await page.locator('.charts').scrollIntoViewIfNeeded();
    await eventually(() => page.evaluate('drawn')).toBeGreaterThan(0);
    // Of six, the one of the pods has not changed.
    await eventually(() => drawnWith(31)).toBe(10);
  });

  test('a page that nobody sees follows the run, and shows it when it is seen again', async () => {
    const setup = setupOf();
    const { page, server } = await show(steady(setup, 20));
    const turn = (hidden: boolean) =>
      page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));`);
    await turn(true);
    server.send(state(setup, 21, [2, 1, 0, 0]));
    await page.waitForTimeout(1500);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('8 of 8');
    await turn(false);
    await eventually(() => page.getByRole('heading', { level: 1 }).textContent()).toContain('3 of 8');
  });

  test('the conversation is filtered by kind, client and pod', async () => {
    const setup = setupOf();
    const before = [
      opened(1, 1, 1, 1, 1),
      opened(2, 2, 1, 2, 2),
      refused(3, 1, 2, 'full'),
      replied(4, 1, 1, 3.5, 1),
      state(setup, 5, [1, 1, 0, 0]),
    ];
    const { page } = await show({ setup, before, next: [], seconds: 5 });
    const rows = () => page.locator('.entries li').allTextContents();
    expect((await rows()).length).toBe(4);
    await page.getByRole('combobox', { name: 'pod' }).selectOption('pod-1');
    expect(await rows()).toEqual([
      expect.stringContaining('127.0.1.1, 3.5 ms'),
      expect.stringContaining('pod-1'),
    ]);
    await page.getByRole('combobox', { name: 'pod' }).selectOption('all');
    await page.getByRole('combobox', { name: 'client' }).selectOption('client-1');
    await page.getByRole('combobox', { name: 'kind' }).selectOption('full');
    expect(await rows()).toEqual([expect.stringMatching(/503 full.*client-1 → edge-2/)]);
  });

  test('every number leads to its evidence, by keyboard too: the metric, then the log line', async () => {
    const setup = setupOf();
    const before = [opened(1, 1, 1, 1, 1), state(setup, 2, [1, 0, 0, 0])];
    const { page } = await show({ setup, before, next: [], seconds: 2 });
    await page.locator('[data-name="pod-1"]').focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await eventually(() => dialog.textContent()).toContain('ws_server_open_connections');
    const link = dialog.getByRole('link').first();
    expect(await link.getAttribute('href')).toBe('http://127.0.1.1:8080/metrics');
    await dialog.locator('.entries button').click();
    await eventually(() => dialog.textContent()).toContain('{"request_id":"request-1","code":101}');
    expect(await dialog.textContent()).toContain('request-1 was admitted');
    await page.keyboard.press('Escape');
    await eventually(() => dialog.count()).toBe(0);
  });

  test('of a deployed stack it says which, and connections from before are drawn', async () => {
    const short = setupOf({ pods: 2 });
    const clients = short.clients.map((client) => ({ ...client, name: client.name.replace('-', '-wmw') }));
    const setup = { ...short, clients, place: 'stack dev' };
    const old = { ...opened(-600, 1, 1, 1), before: true } as RunEvent;
    const { page } = await show({ setup, before: [old, state(setup, 1, [1, 0])], next: [], seconds: 1 });
    expect(await page.getByRole('navigation').textContent()).toContain('stack dev');
    expect(await page.locator('.link').count()).toBe(1);
    // Names of pods in a cluster are longer than those of a run, and are not drawn over.
    const gap = `(${nameAndPips.toString()})(document.querySelector('.client'))`;
    expect(await page.evaluate(gap)).toBeGreaterThan(0);
  });

  test.each([undefined, 'stack dev'])(
    'connections that no log tells of look otherwise (%s)',
    async (place) => {
      const setup = { ...setupOf(), ...(place && { place }) };
      const scene = { setup, before: [opened(1, 1, 1, 1), state(setup, 2, [1, 0])], next: [], seconds: 2 };
      const { page, server } = await show(scene);
      const legend = page.getByText('no log tells of');
      const told = stateOf(setup, 3, [2, 2, 1, 0]);
      // What a pod says before its logs are here is nothing special.
      const [first, second, ...others] = told.pods as [PodState, PodState, ...PodState[]];
      server.send({ event: 'state', ...told });
      await eventually(() => page.locator('.slot.taken').count()).toBe(5);
      expect(await page.locator('.pod .slot.untold').count()).toBe(0);
      expect(await legend.count()).toBe(0);

      const pods = [{ ...first, untold: 1 }, { ...second, untold: 2 }, ...others];
      server.send({ event: 'state', ...told, pods });
      await eventually(() => page.locator('.pod .slot.untold').count()).toBe(3);
      expect(await page.locator('.slot.taken').count()).toBe(2);
      expect(await page.locator('.link').count()).toBe(1);
      expect(await label(page, 'pod-1')).toBe('pod-1: 2 open, 1 in no log, most ever 2, limit 2, full');
      expect(await label(page, 'pod-3')).toBe('pod-3: 1 open, most ever 1, limit 2, 1 free');
      expect(await legend.textContent()).toBe(
        'A connection that no log tells of: opened around the edges, or before their logs begin',
      );
      await page.locator('[data-name="pod-1"]').click();
      await eventually(() => page.getByRole('dialog').textContent()).toContain('in no log1');
    },
  );

  test('a pod that starts or ends says so, and has its own limit', async () => {
    const setup = setupOf({ pods: 2 });
    const { page, server } = await show(steady(setup, 5));
    const told = stateOf(setup, 6, [2, 3]);
    const [first, second] = told.pods as [PodState, PodState];
    server.send({
      event: 'state',
      ...told,
      pods: [
        { ...first, away: true },
        { ...second, limit: 3 },
      ],
    });
    await eventually(() => label(page, 'pod-1')).toContain('limit 2, starts or ends');
    expect(await label(page, 'pod-2')).toBe('pod-2: 3 open, most ever 3, limit 3, full');
    server.send({ event: 'setup', at: setup.startedAt, setup: { ...setup, connectionsPerPod: 4 } });
    await eventually(() => label(page, 'pod-1')).toContain('limit 4');
    expect(await label(page, 'pod-2')).toContain('limit 3');
  });

  test('a pod that goes leaves the picture, another one comes', async () => {
    const setup = setupOf({ pods: 2 });
    const { page, server } = await show(steady(setup, 5));
    const [first, second] = setup.pods;
    const pods = [second, first && { ...first, name: 'pod-9' }].flatMap((pod) => pod ?? []);
    server.send({ event: 'setup', at: setup.startedAt, setup: { ...setup, pods } });
    server.send(state({ ...setup, pods }, 6, [1, 0]));
    await eventually(() => page.locator('.pod').count()).toBe(2);
    await eventually(() => label(page, 'pod-9')).toContain('0 open');
    expect(await page.locator('[data-name="pod-1"]').count()).toBe(0);
  });

  test('it says when the run is gone, and follows the next one by itself', async () => {
    const setup = setupOf();
    const { page, server } = await show(steady(setup, 20));
    const { port } = new URL(server.url);
    await server.close();
    await eventually(() => page.getByRole('status').textContent()).toContain('no answer');
    const next = await serve(setup, { port: Number(port) });
    next.send(state(setup, 1, [1, 0, 0, 0]));
    await eventually(() => page.getByRole('heading', { level: 1 }).textContent()).toContain('1 of 8');
    expect(await page.getByRole('status').textContent()).toBe('live');
  });

  test('ten thousand clients and a hundred pods are groups that fit', async () => {
    const { page } = await show(many());
    expect(await page.locator('.client').count()).toBeLessThanOrEqual(16);
    expect(await page.locator('.pod').count()).toBe(100);
    expect(await page.locator('.link').count()).toBeLessThan(300);
    expect(await label(page, 'client-1 … 625')).toMatch(/open of 3125 wanted/);
  });

  test.each(looks)(
    '$colorScheme at $viewport.width pixels: axe finds nothing, nothing sticks out',
    async (look) => {
      const scene = { ...breach(), before: aroundTheEdges().before };
      const { page, server } = await show(scene, { ...look, reducedMotion: 'reduce' });
      for (const event of scene.next) {
        if (event.event !== 'state') server.send(event);
        else server.send({ ...event, pods: event.pods.map((pod, i) => ({ ...pod, untold: 1 - (i % 2) })) });
      }
      await page.locator('.lights .broken').waitFor();
      await page.locator('.pod .slot.untold').first().waitFor();
      expect(await axeFindings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      await page.locator('[data-name="pod-1"]').click();
      await page.getByRole('dialog').waitFor();
      expect(await axeFindings(page)).toEqual([]);
    },
  );

  test('control: axe does find text without contrast', async () => {
    const { page } = await show(steady(setupOf(), 5));
    await page.evaluate("document.querySelector('.lede').style.color = '#eee'");
    expect(await axeFindings(page)).toContainEqual(expect.stringMatching(/^color-contrast/));
  });

  test('with reduced motion nothing moves', async () => {
    const { page, server } = await show(steady(setupOf(), 20), { reducedMotion: 'reduce' });
    server.send(opened(21, 1, 1, 1, 900));
    await page.locator('.link.fresh').waitFor();
    const animation = "getComputedStyle(document.querySelector('.link.fresh')).animationName";
    expect(await page.evaluate(animation)).toBe('none');
    const still = await show(steady(setupOf(), 20));
    still.server.send(opened(21, 1, 1, 1, 900));
    await still.page.locator('.link.fresh').waitFor();
    expect(await still.page.evaluate(animation)).toBe('draw');
  });
});

import { have } from '@envoy-poc/testing';
import { describe, expect, test } from 'vitest';
import { type Action, type ActionResult, tourSteps } from './actions.ts';
import type { Setup } from './events.ts';
import { program } from './testing/browser.ts';
import { axeFindings, eventually, looks, pages } from './testing/pages.ts';
import { after, setupOf, stateOf } from './testing/run.ts';
import { steady } from './testing/scenes.ts';
import { tourOf } from './testing/tour.ts';

const withBrowser = describe.runIf(
  have('chromium', program !== undefined, 'Install it, for example: apt-get install chromium'),
);

withBrowser('in a browser', () => {
  const { serve, show } = pages();
  const setup = setupOf();

  /** A page on which something can be done, and what was done. */
  async function tryIt(answer: (action: Action) => ActionResult | Promise<ActionResult>, look = {}) {
    const done: Action[] = [];
    const act = async (action: Action) => {
      done.push(action);
      return answer(action);
    };
    return { ...(await show(steady(setup), look, act)), done };
  }

  /** A page for the tour, with a run that breaks and mends as it is told. */
  async function takeTour(look = {}) {
    const scene = steady(setup);
    let run: ReturnType<typeof tourOf> | undefined;
    const shown = await tryIt((action) => run?.(action) ?? { refused: 'no run' }, look);
    run = tourOf(setup, scene.seconds, shown.server.send);
    return shown;
  }

  test('without a token there is nothing to try', async () => {
    const { page } = await show(steady(setup));
    await page.locator('[data-name="pod-1"]').click();
    await page.getByRole('dialog').waitFor();
    expect(await page.getByRole('button', { name: /storm|tour|apply|kill/i }).count()).toBe(0);
    // Control: with one there is.
    const other = await tryIt(() => ({ done: 'yes' }));
    await other.page.locator('[data-name="pod-1"]').click();
    await other.page.getByRole('dialog').getByRole('button', { name: 'Kill' }).waitFor();
  });

  test('a storm, and one more client: what is done, then what came of it or why not', async () => {
    let finish: (result: ActionResult) => void = () => undefined;
    const { page, done } = await tryIt(() => new Promise((resolve) => (finish = resolve)));
    const outcome = page.locator('.try .outcome');
    await page.getByRole('button', { name: 'Storm of 500' }).click();
    await eventually(() => outcome.textContent()).toBe('500 attempts at once …');
    // One at a time.
    await page.getByRole('button', { name: 'Storm of 10', exact: true }).click({ force: true });
    finish({ done: '500 attempts: 0 admitted' });
    await eventually(() => outcome.textContent()).toBe('500 attempts: 0 admitted');
    expect(await outcome.getAttribute('role')).toBe('status');
    await page.getByRole('button', { name: 'Add a client' }).click();
    await eventually(() => done.length).toBe(2);
    finish({ refused: 'there are 10000 already' });
    await eventually(() => outcome.textContent()).toBe('Not done: there are 10000 already');
    expect(done).toEqual([{ action: 'storm', attempts: 500 }, { action: 'add-client' }]);
  });

  test('sliders change nothing until they are applied, and then only what was moved', async () => {
    let finish: (result: ActionResult) => void = () => {};
    const { page, server, done } = await tryIt(() => new Promise((resolve) => (finish = resolve)));
    const [limit, rate] = ['Connections on a pod', 'New connections a second'].map((name) =>
      page.getByRole('slider', { name }),
    );
    expect(await limit?.inputValue()).toBe('2');
    await limit?.focus();
    await page.keyboard.press('ArrowRight');
    await rate?.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('.limits output').allTextContents()).toEqual(['3', '2', '4', '3']);
    expect(done).toEqual([]);
    await page.getByRole('button', { name: 'Apply' }).focus();
    await page.keyboard.press('Enter');
    const outcome = page.locator('.try .outcome');
    await eventually(() => outcome.textContent()).toBe('Restarting pods, pickers, edges …');
    await eventually(() => done.length).toBe(1);
    finish({ done: 'connectionsPerPod 2 → 3' });
    await eventually(() => outcome.textContent()).toBe('connectionsPerPod 2 → 3');
    expect(done).toEqual([{ action: 'set', limits: { connectionsPerPod: 3, newConnectionsPerSecond: 2 } }]);
    // What is so now is what the run says.
    const changed: Setup = { ...setup, connectionsPerPod: 3, newConnectionsPerSecond: 2 };
    server.send({ event: 'setup', at: after(76), setup: changed });
    await eventually(() => limit?.inputValue()).toBe('3');
    expect(await page.getByRole('button', { name: 'Apply' }).getAttribute('aria-disabled')).toBe('true');
  });

  test('a refused change keeps the sliders, to be changed or undone', async () => {
    const { page } = await tryIt(() => ({ refused: 'connectionsPerPod: must be 2000 or less' }));
    const pods = page.getByRole('slider', { name: 'Server pods' });
    await pods.fill('8');
    await page.getByRole('button', { name: 'Apply' }).click();
    await eventually(() => page.locator('.try .outcome').textContent()).toContain(
      'Not done: connectionsPerPod',
    );
    expect(await pods.inputValue()).toBe('8');
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(() => pods.inputValue()).toBe('4');
  });

  test('a pod is killed and started, an edge drained, a picker paused: what fits its state', async () => {
    const tell = (did: Extract<Action, { process: string }>) =>
      server.send({ event: 'mark', at: after(76), what: `${did.process}: ${did.action}`, did });
    const { page, server, done } = await tryIt((action) => {
      if ('process' in action) tell(action);
      return { done: 'yes' };
    });
    const dialog = page.getByRole('dialog');
    const offered = (name: string) =>
      dialog
        .getByRole('group', { name: `Do to ${name}` })
        .getByRole('button')
        .allTextContents();
    await page.locator('[data-name="pod-2"]').focus();
    await page.keyboard.press('Enter');
    await eventually(() => offered('pod-2')).toEqual(['Pause', 'Kill']);
    await dialog.getByRole('button', { name: 'Kill' }).click();
    await eventually(() => offered('pod-2')).toEqual(['Start again']);
    expect(await dialog.getByRole('status').textContent()).toBe('yes');
    // On another page.
    tell({ action: 'start', process: 'pod-2' });
    await eventually(() => offered('pod-2')).toEqual(['Pause', 'Kill']);
    tell({ action: 'pause', process: 'pod-2' });
    await eventually(() => offered('pod-2')).toEqual(['Resume', 'Kill']);
    await page.keyboard.press('Escape');

    await page.locator('[data-name="edge-1"]').click();
    await eventually(() => offered('edge-1')).toEqual(['Pause', 'Drain', 'Kill']);
    const draining = stateOf(setup, 76, [2, 2, 2, 2]);
    draining.said = { ...draining.said, edges: ['DRAINING', 'LIVE', 'LIVE'] };
    draining.silent = { ...draining.silent, pods: [{ name: 'pod-4', seconds: 5 }] };
    server.send({ event: 'state', ...draining });
    await eventually(() => offered('edge-1')).toEqual(['Start again', 'Kill']);
    await page.keyboard.press('Escape');
    // Killed by the tour, or longer ago than marks are kept.
    await page.locator('[data-name="pod-4"]').click();
    await eventually(() => offered('pod-4')).toEqual(['Start again', 'Resume']);
    await page.keyboard.press('Escape');

    await page.locator('[data-name="the rate"]').click();
    await dialog
      .getByRole('group', { name: 'Do to picker-2' })
      .getByRole('button', { name: 'Pause' })
      .click();
    await eventually(() => offered('picker-2')).toEqual(['Resume', 'Kill']);
    await eventually(() => offered('picker-1')).toEqual(['Pause', 'Kill']);
    expect(done).toEqual([
      { action: 'kill', process: 'pod-2' },
      { action: 'pause', process: 'picker-2' },
    ]);
  });

  test('a server that is gone, and a page of an earlier run, say what to do', async () => {
    const { page, server } = await tryIt(() => ({ done: 'yes' }));
    const outcome = page.locator('.try .outcome');
    await server.close();
    await page.getByRole('button', { name: 'Add a client' }).click();
    await eventually(() => outcome.textContent()).toBe('Not done: the console does not answer');
    const { port } = new URL(server.url);
    await serve(setup, { port: Number(port), act: async () => ({ done: 'yes' }) });
    await page.getByRole('button', { name: 'Add a client' }).click();
    await eventually(() => outcome.textContent()).toMatch(/^Not done: .*load the page again/);
  });

  test('a mark is a line on the charts, with its words where it is pointed at, and a line of the conversation', async () => {
    const { page, server } = await show(steady(setup));
    const chart = page.locator('.chart', { hasText: 'Slots open' });
    const plot = chart.locator('.u-over');
    await plot.scrollIntoViewIfNeeded();
    const picture = () => chart.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const before = await picture();
    server.send({ event: 'mark', at: after(45), what: 'pod-2 killed' });
    await eventually(picture).not.toBe(before);
    // The window is from second 14 to second 74.
    const { width } = (await plot.boundingBox()) ?? { width: 0 };
    const pointAt = (second: number) => plot.hover({ position: { x: (width * (second - 14)) / 60, y: 30 } });
    await pointAt(45);
    await eventually(() => chart.locator('.title span').textContent()).toBe('12:00:45 pod-2 killed');
    await pointAt(60);
    await eventually(() => chart.locator('.title span').textContent()).toBe('12:01:00');
    await page.getByRole('combobox', { name: 'kind' }).selectOption('mark');
    expect(await page.locator('.entries li').allTextContents()).toEqual(['12:00:45markpod-2 killed']);
    await page.getByRole('combobox', { name: 'kind' }).selectOption('all');
    const times = await page.locator('.entries time').allTextContents();
    expect(times).toContain('12:00:45');
  });

  test('of a pod that does not answer nobody says that its slots are open', async () => {
    const { page, server } = await show(steady(setup));
    const silent = stateOf(setup, 76, [2, 2, 2, 2]);
    silent.silent = { ...silent.silent, pods: [{ name: 'pod-2', seconds: 3 }] };
    server.send({ event: 'state', ...silent });
    await eventually(() => page.getByRole('heading', { level: 1 }).textContent()).toContain(
      '6 of 8 slots open, 2 not seen.',
    );
    expect(await page.locator('[data-name="pod-2"]').getAttribute('aria-label')).toContain('unknown open');
    expect(await page.locator('.pod.silent .slot.taken').count()).toBe(0);
    expect(await page.locator('.pod .slot.taken').count()).toBe(6);
  });

  test('limits that change are drawn at once, and the charts keep what they were', async () => {
    const { page, server } = await show(steady(setup));
    const changed = { ...setupOf({ pods: 5, limit: 3, rate: 2 }), startedAt: setup.startedAt };
    server.send({ event: 'setup', at: after(75.5), setup: changed });
    await eventually(() => page.locator('[data-name="pod-1"]').getAttribute('aria-label')).toContain(
      'limit 3, 1 free',
    );
    expect(await page.locator('[data-name="pod-5"]').getAttribute('aria-label')).toContain('0 open');
    expect(await page.locator('.lede').textContent()).toContain(
      'At most 3 connections on a pod, 2 new a second.',
    );
    for (const second of [76, 77, 78]) {
      server.send({ event: 'state', ...stateOf(changed, second, [3, 2, 2, 2, 0]) });
    }
    const [admitted, fullest] = ['Admitted a second', 'Fullest pod'].map((title) =>
      page.locator('.chart', { hasText: title }),
    );
    await eventually(() => admitted?.getAttribute('aria-label')).toContain('rate 2');
    await eventually(() => fullest?.getAttribute('aria-label')).toContain('now 3, most ever 3, limit 3');
    await fullest?.locator('.u-over').hover({ position: { x: 40, y: 30 } });
    await eventually(() => fullest?.locator('.values').textContent()).toContain('limit 2');
    expect(await admitted?.locator('.values').textContent()).toContain('rate 1');
  });

  test('the tour by keyboard: each step is broken, seen, mended, and leads to the next', async () => {
    const { page, done } = await takeTour();
    await page.getByRole('button', { name: 'Take the tour' }).focus();
    await page.keyboard.press('Enter');
    const card = page.locator('.tour');
    const status = card.getByRole('status');
    const seen: Record<(typeof tourSteps)[number], [title: string, broken: RegExp, mended: RegExp]> = {
      'edge-only': ['A limit that only', /80 upgrades.*5 on one pod, whose limit is 2\./, /as before/],
      'small-bucket': ['A bucket smaller', /one for each, 24 passed the rate/, /as before/],
      'forged-address': ['An address', /20 of 20 upgrades admitted/, /1 of 20 upgrades admitted/],
      'killed-pod': ['A full pod dies', /the others hold 6/, /as before/],
      'no-picker': ['Nobody keeps the clock', /Without a picker 9 passed/, /as before/],
    };
    for (const [n, step] of tourSteps.entries()) {
      const [title, whenBroken, whenMended] = seen[step];
      await eventually(() => page.evaluate('document.activeElement.textContent')).toContain(title);
      expect(await card.locator('[aria-current="step"]').textContent()).toBe(String(n + 1));
      const press = async (name: string) => {
        await card.getByRole('button', { name }).waitFor();
        if (n === 0 || name !== 'Break it') expect(await card.locator('.go').textContent()).toBe(name);
        await page.keyboard.press('Enter');
      };
      // From the title to the button; it keeps the focus from there.
      await page.keyboard.press('Tab');
      await press('Break it');
      await eventually(() => status.textContent()).toMatch(whenBroken);
      if (step === 'edge-only') {
        const light = page.locator('.lights button', { hasText: 'limit' });
        await eventually(() => light.getAttribute('class')).toBe('broken pointed');
        expect(await page.locator('.pod.over').count()).toBeGreaterThan(0);
      }
      await press('Mend it');
      await eventually(() => status.textContent()).toMatch(whenMended);
      await eventually(() => page.locator('.lights .broken').count()).toBe(0);
      await press(step === 'no-picker' ? 'Finish' : 'Next step');
    }
    await eventually(() => card.count()).toBe(0);
    expect(done).toEqual(
      tourSteps.flatMap((step) =>
        (['break', 'mend'] as const).map((phase) => ({ action: 'tour', step, phase })),
      ),
    );
    await eventually(() => page.locator('.lights .mended').allTextContents()).toEqual([
      expect.stringContaining('limit'),
      expect.stringContaining('rate'),
    ]);
  });

  test('who leaves the tour, goes to another step or closes the page leaves nothing broken', async () => {
    const { page, done } = await takeTour();
    const mended = async (step: (typeof tourSteps)[number]) => {
      await eventually(() => done.at(-1)).toEqual({ action: 'tour', step, phase: 'mend' });
      done.length = 0;
    };
    const breakIt = async () => {
      await page.getByRole('button', { name: 'Break it' }).click();
      await page.getByRole('button', { name: 'Mend it' }).waitFor();
    };
    await page.getByRole('button', { name: 'Take the tour' }).click();
    await breakIt();
    await page.getByRole('button', { name: 'Step 4' }).click();
    await mended('edge-only');
    await breakIt();
    await page.keyboard.press('Escape');
    await mended('killed-pod');
    expect(await page.locator('.tour').count()).toBe(0);
    await page.getByRole('button', { name: 'Take the tour' }).click();
    await breakIt();
    await page.reload();
    await mended('edge-only');
    // Control: who breaks nothing mends nothing.
    await page.getByRole('button', { name: 'Take the tour' }).click();
    await page.getByRole('button', { name: 'Leave the tour' }).click();
    await eventually(() => page.locator('.tour').count()).toBe(0);
    expect(done).toEqual([]);
  });

  test('who goes on while a step is being mended can break the next one', async () => {
    let mend: (result: ActionResult) => void = () => undefined;
    const { page, server, done } = await tryIt((action) => {
      if ('phase' in action && action.phase === 'mend') return new Promise((resolve) => (mend = resolve));
      server.send({ event: 'setup', at: after(76), setup: { ...setup, tour: 'edge-only' } });
      return { done: 'yes' };
    });
    const go = page.locator('.tour .go');
    await page.getByRole('button', { name: 'Take the tour' }).click();
    await go.click();
    await eventually(() => go.textContent()).toBe('Mend it');
    await page.getByRole('button', { name: 'Step 2' }).click();
    await eventually(() => done.length).toBe(2);
    await eventually(() => go.textContent()).toBe('Break it');
    await go.click();
    server.send({ event: 'setup', at: after(77), setup });
    mend({ done: 'the run is set up as before' });
    await eventually(() => done.at(-1)).toEqual({ action: 'tour', step: 'small-bucket', phase: 'break' });
  });

  test('a step that cannot be broken or mended says why, and can be tried again', async () => {
    let willing = false;
    const { page, server } = await tryIt(() => {
      if (!willing) return { refused: 'a storm is under way' };
      server.send({ event: 'setup', at: after(76), setup: { ...setup, tour: 'edge-only' } });
      return { done: 'yes' };
    });
    await page.getByRole('button', { name: 'Take the tour' }).click();
    const status = page.locator('.tour').getByRole('status');
    await page.getByRole('button', { name: 'Break it' }).click();
    await eventually(() => status.textContent()).toContain('Not done: a storm is under way.');
    willing = true;
    await page.getByRole('button', { name: 'Break it' }).click();
    await page.getByRole('button', { name: 'Mend it' }).waitFor();
    willing = false;
    await page.getByRole('button', { name: 'Mend it' }).click();
    await eventually(() => status.textContent()).toContain('Not done: a storm is under way.');
    expect(await page.locator('.go').textContent()).toBe('Mend it');
  });

  test('while a step is being broken its news are told', async () => {
    let finish: (result: ActionResult) => void = () => undefined;
    const { page, server } = await tryIt(() => new Promise((resolve) => (finish = resolve)));
    await page.getByRole('button', { name: 'Take the tour' }).click();
    const card = page.locator('.tour');
    await card.getByRole('button', { name: 'Break it' }).click();
    await eventually(() => card.locator('.go').textContent()).toBe('Breaking …');
    expect(await page.locator('.lights .pointed').textContent()).toContain('limit');
    server.send({ event: 'mark', at: after(77), what: 'only the circuit breaker limits a pod' });
    await eventually(() => card.getByRole('status').textContent()).toContain(
      'Only the circuit breaker limits a pod.',
    );
    finish({ refused: 'pod-1 does not take part: start it first' });
    await eventually(() => card.getByRole('status').textContent()).toContain('Not done: pod-1');
  });

  test('a step that somebody else broke is said to be, and can be mended by anybody', async () => {
    const { page, server, done } = await tryIt(() => ({ done: 'the run is set up as before' }));
    const tell = (tour?: (typeof tourSteps)[number]) =>
      server.send({ event: 'setup', at: after(77), setup: { ...setup, ...(tour && { tour }) } });
    const hint = page.locator('.try .hint');
    const card = page.locator('.tour');
    const status = card.getByRole('status');
    const go = card.locator('.go');
    // As after the browser that broke it has gone.
    tell('small-bucket');
    await eventually(() => hint.textContent()).toContain('Step 2 of the tour is broken.');
    await page.getByRole('button', { name: 'Take the tour' }).click();
    await eventually(() => card.locator('[aria-current="step"]').textContent()).toBe('2');
    expect(await go.textContent()).toBe('Mend it');
    expect(await status.textContent()).not.toContain('as it should be');
    await go.click();
    tell();
    await eventually(() => go.textContent()).toBe('Next step');
    expect(done).toEqual([{ action: 'tour', step: 'small-bucket', phase: 'mend' }]);
    await eventually(() => hint.textContent()).not.toContain('broken');
    // Another step than the one that is looked at.
    await go.click();
    await eventually(() => status.textContent()).toContain('Everything is as it should be.');
    tell('edge-only');
    await eventually(() => status.textContent()).toContain('Step 1 is broken.');
    await card.getByRole('button', { name: 'To step 1' }).click();
    await eventually(() => go.textContent()).toBe('Mend it');
    tell();
    await eventually(() => go.textContent()).toBe('Break it');
    expect(done).toHaveLength(1);
    // This page breaks it, and another one mends it.
    await go.click();
    await eventually(() => done.length).toBe(2);
    tell();
    await eventually(() => go.textContent()).toBe('Next step');
  });

  test.each(looks)(
    '$colorScheme at $viewport.width pixels with the tour open: axe finds nothing, nothing sticks out',
    async (look) => {
      const { page } = await takeTour({ ...look, reducedMotion: 'reduce' });
      await page.getByRole('button', { name: 'Take the tour' }).click();
      expect(await axeFindings(page)).toEqual([]);
      await page.getByRole('button', { name: 'Break it' }).click();
      await page.locator('.lights .broken').waitFor();
      await page.getByRole('button', { name: 'Mend it' }).waitFor();
      expect(await axeFindings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      // The picture is not hidden behind the words.
      const { y = 0 } = (await page.locator('.tour-card').boundingBox()) ?? {};
      expect(y).toBeGreaterThan(330);
      await page.getByRole('button', { name: 'Leave the tour' }).click();
      await page.locator('.lights .mended').waitFor();
      await page.locator('[data-name="pod-1"]').click();
      await page.getByRole('dialog').waitFor();
      expect(await axeFindings(page)).toEqual([]);
    },
  );
});

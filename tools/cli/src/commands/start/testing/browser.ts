import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A Chromium of this machine, or undefined. */
export const chromium = ['chromium-headless-shell', 'chromium', 'google-chrome'].find(
  (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0,
);

/** A page in a browser (https://chromedevtools.github.io/devtools-protocol). */
export interface Page {
  /** What its scripts threw and its console reported as errors, so far. */
  problems: string[];
  /** What a person sees. */
  text(): Promise<string>;
  close(): void;
}

/** Opens `url` in a browser of its own. */
export async function openPage(program: string, url: string): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'browser-'));
  const flags = [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0'],
    // It asks nobody but the page.
    ...['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ];
  const browser = spawn(program, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // The program may be a script that starts the browser: all of its group ends with it.
    detached: true,
  });
  const close = () => {
    process.off('exit', close);
    browser.once('close', () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
    if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, 'SIGKILL');
  };
  process.once('exit', close);
  let address: string | undefined;
  for await (const line of createInterface(browser.stderr)) {
    address = /listening on ws:\/\/([^/]+)/.exec(line)?.[1];
    if (address !== undefined) break;
  }
  browser.stderr.resume();
  const targets = (await (await fetch(`http://${address}/json/list`)).json()) as {
    type: string;
    webSocketDebuggerUrl: string;
  }[];
  const target = targets.find(({ type }) => type === 'page');
  if (!target) throw new Error('the browser shows no page');
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve) => socket.addEventListener('open', resolve));

  const problems: string[] = [];
  const waiting = new Map<number, (result: { result?: { value?: string } }) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params, result } = JSON.parse(String(data));
    if (id !== undefined) waiting.get(id)?.(result);
    else if (method === 'Runtime.exceptionThrown') {
      problems.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    } else if (method === 'Log.entryAdded' && params.entry.level === 'error')
      problems.push(params.entry.text);
  });
  let asked = 0;
  const call = (method: string, params: object = {}) =>
    new Promise<{ result?: { value?: string } }>((resolve) => {
      waiting.set(++asked, resolve);
      socket.send(JSON.stringify({ id: asked, method, params }));
    });
  for (const domain of ['Runtime', 'Log', 'Page']) await call(`${domain}.enable`);
  await call('Page.navigate', { url });
  return {
    problems,
    async text() {
      const { result } = await call('Runtime.evaluate', { expression: 'document.body?.innerText ?? ""' });
      return result?.value ?? '';
    },
    close,
  };
}

import { expect, test } from 'vitest';
import { portFault } from './port.ts';

test.each([0, -1, 65_536, 70.5, 'x', ''])('no port: %s', (port) => {
  expect(portFault(port)).toMatch(/from 1 to 65535/);
});

/** Whether a browser opens no page there, as Node's `fetch` does not; nothing is asked. */
async function isBlocked(port: number): Promise<boolean> {
  const dispatch = () => {
    throw new Error('asked');
  };
  const error = await fetch(`http://127.0.0.1:${port}`, { dispatcher: { dispatch } } as RequestInit).catch(
    (error: Error) => error.cause as Error,
  );
  return (error as Error).message === 'bad port';
}

test('ports on which browsers open no page are refused, and no others', async () => {
  const ports = Array.from({ length: 11_000 }, (_, n) => n + 1);
  const blocked: number[] = [];
  for (const port of ports) if (await isBlocked(port)) blocked.push(port);
  expect(blocked).toContain(6000);
  expect(ports.filter((port) => portFault(port) !== undefined)).toEqual(blocked);
});

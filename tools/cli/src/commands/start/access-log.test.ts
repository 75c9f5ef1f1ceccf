import { expect, test } from 'vitest';
import { accessLogLine, isWebSocket, upgradeIn } from './access-log.ts';

test.each(['[warning] something', '', '{"attempts":0,"bytes_rec', '2026 {"upgrade":"websocket"}'])(
  'what is no whole line of an access log is passed over: %s',
  (text) => {
    expect(accessLogLine(text)).toBeUndefined();
    expect(upgradeIn(text)).toBeUndefined();
  },
);

test.each([
  ['WebSocket', true],
  ['h2c', false],
  [null, false],
])('Upgrade: %s', (upgrade, is) => {
  const text = JSON.stringify({ upgrade, request_id: 'a' });
  const line = accessLogLine(text);
  expect(line).toMatchObject({ request_id: 'a' });
  expect(line && isWebSocket(line)).toBe(is);
  expect(upgradeIn(text)).toEqual(is ? line : undefined);
});

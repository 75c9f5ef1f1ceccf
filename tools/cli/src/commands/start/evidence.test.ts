import { defaultLimits } from '@envoy-poc/edge';
import { expect, test, vi } from 'vitest';
import { edgeLine } from '../why/testing.ts';
import { Evidence } from './evidence.ts';

const told = { limits: defaultLimits, nameOf: (address: string) => address };
const refusal = { code: 429, flags: 'UAEX', details: 'ext_authz_denied', upstream: null, attempts: 0 };
const refused = (requestId: string, ms = 0) =>
  JSON.stringify(edgeLine(ms, { ...refusal, request_id: requestId }));

test('a refusal is explained, with every line about it and no other', () => {
  const evidence = new Evidence(told);
  const ofClient = '{"event":"reply","requestId":"a"}';
  evidence.line('edge-1', refused('a'));
  evidence.line('edge-1', refused('b'));
  evidence.line('client-1', ofClient);
  const { why, lines } = evidence.of('a');
  expect(lines).toEqual([
    { from: 'edge-1', line: refused('a') },
    { from: 'client-1', line: ofClient },
  ]);
  expect(why).toEqual([expect.stringMatching(/^a was refused: 429, over the rate/)]);
});

test('of a request that nobody told of, and of lines about none, nothing is said', () => {
  const evidence = new Evidence(told);
  evidence.line('edge-1', '[info] starting');
  evidence.line('picker-1', '{"event":"ready"}');
  evidence.line('somebody', refused('a'));
  expect(evidence.of('a')).toEqual({ why: [], lines: [] });
});

test('a line is read when it is written, and none when somebody asks', () => {
  const evidence = new Evidence(told);
  const parse = vi.spyOn(JSON, 'parse');
  for (let n = 0; n < 1000; n++) evidence.line('edge-1', refused(`r${n}`, n));
  expect(parse).toHaveBeenCalledTimes(1000);
  parse.mockClear();
  for (let n = 0; n < 1000; n++) expect(evidence.of(`r${n}`).why).toHaveLength(1);
  expect(parse).not.toHaveBeenCalled();
  parse.mockRestore();
});

test('of more requests than it may know, the latest are known', () => {
  const evidence = new Evidence(told, 100);
  for (let n = 0; n < 1000; n++) evidence.line('edge-1', refused(`r${n}`, n));
  expect(evidence.of('r500')).toEqual({ why: [], lines: [] });
  for (let n = 900; n < 1000; n++) {
    expect(evidence.of(`r${n}`)).toMatchObject({
      why: [expect.anything()],
      lines: [{ line: refused(`r${n}`, n) }],
    });
  }
});

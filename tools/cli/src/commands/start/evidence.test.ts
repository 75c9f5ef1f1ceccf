import { defaultLimits } from '@envoy-poc/edge';
import { expect, test, vi } from 'vitest';
import { at, edgeLine } from '../why/testing.ts';
import { Evidence } from './evidence.ts';

const told = { limitsOf: () => defaultLimits, nameOf: (address: string) => address };
const refusal = { code: 429, flags: 'UAEX', details: 'ext_authz_denied', upstream: null, attempts: 0 };
const lineOf = (requestId: string, ms: number) => edgeLine(ms, { ...refusal, request_id: requestId });
const refused = (requestId: string, ms = 0) => JSON.stringify(lineOf(requestId, ms));
const logRefused = (evidence: Evidence, requestId: string, ms = 0) =>
  evidence.edgeLine('edge-1', lineOf(requestId, ms), refused(requestId, ms));

test('a refusal is explained, with every line about it and no other', () => {
  const evidence = new Evidence(told);
  const ofClient = '{"event":"reply","requestId":"a"}';
  logRefused(evidence, 'a');
  logRefused(evidence, 'b');
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
  const opened = { event: 'open', podIp: '127.0.1.1', time: at(0) };
  const parse = vi.spyOn(JSON, 'parse');
  for (let n = 0; n < 1000; n++) {
    logRefused(evidence, `r${n}`, n);
    evidence.line('pod-1', JSON.stringify({ ...opened, requestId: `r${n}` }));
  }
  expect(parse).toHaveBeenCalledTimes(1000);
  parse.mockClear();
  for (let n = 0; n < 1000; n++) expect(evidence.of(`r${n}`).why).toHaveLength(1);
  expect(parse).not.toHaveBeenCalled();
  parse.mockRestore();
});

test('of more requests than it may know, the latest are known', () => {
  const evidence = new Evidence(told, 100);
  for (let n = 0; n < 1000; n++) logRefused(evidence, `r${n}`, n);
  expect(evidence.of('r500')).toEqual({ why: [], lines: [] });
  for (let n = 900; n < 1000; n++) {
    expect(evidence.of(`r${n}`)).toMatchObject({
      why: [expect.anything()],
      lines: [{ line: refused(`r${n}`, n) }],
    });
  }
});

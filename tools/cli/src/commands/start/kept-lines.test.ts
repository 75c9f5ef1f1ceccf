import { expect, test } from 'vitest';
import { KeptLines } from './kept-lines.ts';

test('lines of edges and clients are found by their request', () => {
  const lines = new KeptLines();
  const ofEdge = '{"time":"t","edge":"edge-2","request_id":"a"}';
  const ofClient = '{"event":"open","requestId":"a"}';
  lines.add('edge', ofEdge);
  lines.add('client-1', ofClient);
  lines.add('client-1', 'no request at all');
  expect(lines.of('a')).toEqual([
    { from: 'edge-2', line: ofEdge },
    { from: 'client-1', line: ofClient },
  ]);
  expect(lines.of('b')).toEqual([]);
});

test('only the latest are kept, of requests and of one request', () => {
  const lines = new KeptLines();
  for (let n = 0; n < 6000; n++) lines.add('client-1', `{"requestId":"${n}"}`);
  expect(lines.of('0')).toEqual([]);
  expect(lines.of('5999')).toHaveLength(1);
  for (let n = 0; n < 100; n++) lines.add('client-1', `{"requestId":"5999","n":${n}}`);
  expect(lines.of('5999')).toHaveLength(20);
  expect(lines.of('5999')[0]?.line).toBe('{"requestId":"5999"}');
  expect(lines.of('5999').at(-1)?.line).toContain('"n":99');
});

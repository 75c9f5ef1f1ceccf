import { expect, test } from 'vitest';
import { judgeRecords } from './records.ts';

const nothing = { opened: 0, refusedByRate: 0, refusedFull: 0, odd: [] };
const at = (...open: number[]) => open.map((each, n) => ({ name: `pod-${n}`, open: each }));
const judge = (logged: Partial<typeof nothing>, edges: number[], servers: number[]) =>
  judgeRecords({ ...nothing, ...logged }, at(...edges), at(...servers), 'look');

test('connections that both count agree', () => {
  expect(judge({ opened: 3 }, [1, 1], [2, 0])).toMatchObject({ status: 'pass' });
});

test('one that only the servers count', () => {
  expect(judge({ opened: 3 }, [1, 1], [2, 1])).toMatchObject({ status: 'fail', next: 'look' });
});

test.each([
  [[], [], 'there are no edges and no servers to ask'],
  [[], [0], 'there are no edges to ask'],
  [[0], [], 'there are no servers to ask'],
])('a namespace with edges %j and servers %j has no records that agree', (edges, servers, seen) => {
  expect(judge({}, edges, servers)).toMatchObject({ status: 'fail', seen });
});

test('where nothing connected, nothing was compared', () => {
  expect(judge({}, [0, 0], [0, 0])).toMatchObject({
    status: 'warn',
    seen: expect.stringContaining('nothing to compare'),
  });
  expect(judge({ opened: 2 }, [0, 0], [0, 0])).toMatchObject({ status: 'pass' });
});

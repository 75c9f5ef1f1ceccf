import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Admissions } from './admissions.ts';

const gaps = fc.array(fc.integer({ min: 0, max: 2500 }), { minLength: 1, maxLength: 60 });
/** How late each line is read. */
const delays = fc.array(fc.integer({ min: 0, max: 1500 }), { minLength: 60, maxLength: 60 });

test('the worst second is found whatever order the logs come in', () => {
  fc.assert(
    fc.property(gaps, delays, (between, late) => {
      let now = 0;
      const times = between.map((gap) => (now += gap));
      const worst = Math.max(
        ...times.map((start) => times.filter((t) => t >= start && t < start + 1000).length),
      );
      const admissions = new Admissions();
      const readAt = new Map(times.map((time, i) => [i, time + (late[i] ?? 0)]));
      const order = [...times.keys()].sort((a, b) => (readAt.get(a) ?? 0) - (readAt.get(b) ?? 0));
      for (const i of order) admissions.add(times[i] ?? 0);
      expect(admissions.worstSecond).toBe(worst);
      expect(admissions.total).toBe(times.length);
      expect(admissions.last10Seconds(now)).toBe(times.filter((t) => t > now - 10_000).length);
    }),
  );
});

import { expect, test } from 'vitest';
import { newestSupported, supportEnds, supportOn } from './kubernetes-support.ts';

test('support changes the day after its last day', () => {
  expect(supportOn('1.33', new Date('2026-07-29T12:00:00Z'))).toBe('standard');
  expect(supportOn('1.33', new Date('2026-07-30'))).toBe('extended');
  expect(supportOn('1.33', new Date('2027-07-30'))).toBe('none');
  expect(supportOn('1.99', new Date('2026-07-30'))).toBe('unknown');
});

test('the newest supported version is named while there is one', () => {
  expect(newestSupported(new Date('2026-11-23'))).toBe('1.35');
  expect(newestSupported(new Date('2030-01-01'))).toBeUndefined();
});

test('extended support follows standard support, and versions follow each other', () => {
  const dates = Object.values(supportEnds);
  for (const [i, { standard, extended }] of dates.entries()) {
    expect(extended > standard).toBe(true);
    expect(standard > (dates[i - 1]?.standard ?? '')).toBe(true);
  }
});

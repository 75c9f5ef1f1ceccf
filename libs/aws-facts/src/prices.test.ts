import { expect, test } from 'vitest';
import { instanceHour, instanceTypes, prices, surplusCreditHour } from './prices.ts';

test('every region has a price for everything', () => {
  for (const [region, { largeInstanceHour, ...rest }] of Object.entries(prices)) {
    for (const [what, { dollars }] of Object.entries(rest))
      expect(dollars, `${region} ${what}`).toBeGreaterThan(0);
    for (const type of Object.keys(instanceTypes)) {
      expect(instanceHour(region, type)?.dollars, `${region} ${type}`).toBeGreaterThan(0);
    }
    const families = new Set(Object.values(instanceTypes).map(({ family }) => family));
    expect(new Set(Object.keys(largeInstanceHour))).toEqual(families);
  }
});

test('sizes cost in proportion, as AWS lists them', () => {
  const listed = { 't3.small': 0.0208, 't3.medium': 0.0416, 't3.xlarge': 0.1664, 't4g.small': 0.0168 };
  for (const [type, price] of Object.entries(listed)) {
    expect(instanceHour('us-east-1', type)?.dollars).toBeCloseTo(price, 10);
  }
  expect(instanceHour('eu-west-1', 't3.medium')?.dollars).toBeCloseTo(0.0456, 10);
});

test('what bursts has a price for more, and what is not known has none', () => {
  for (const { family, baseline } of Object.values(instanceTypes)) {
    expect(family in surplusCreditHour).toBe(baseline !== undefined);
  }
  expect(instanceHour('us-east-1', 'x9.large')).toBeUndefined();
  expect(instanceHour('mars-north-1', 't3.medium')).toBeUndefined();
});

test('a region that is taken to cost what another does is no surer than memory, but for what was compared', () => {
  const { largeInstanceHour: _, ...flat } = prices['us-west-2'] ?? {};
  const remembered = Object.entries(flat).filter(([, { source }]) => source === 'AWS');
  expect(remembered.map(([what]) => what)).toEqual(['keyMonth']);
  expect(instanceHour('us-west-2', 't3.medium')).toEqual({ dollars: 0.0416, source: 'memory' });
});

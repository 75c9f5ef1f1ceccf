import { expect, test } from 'vitest';
import { instancePrice, instanceTypes, prices, surplusCreditPrice } from './prices.ts';

test('every region has a price for everything', () => {
  for (const [region, { largeInstanceHour, ...rest }] of Object.entries(prices)) {
    for (const [what, price] of Object.entries(rest)) expect(price, `${region} ${what}`).toBeGreaterThan(0);
    for (const type of Object.keys(instanceTypes)) {
      expect(instancePrice(region, type), `${region} ${type}`).toBeGreaterThan(0);
    }
    const families = new Set(Object.values(instanceTypes).map(({ family }) => family));
    expect(new Set(Object.keys(largeInstanceHour))).toEqual(families);
  }
});

test('sizes cost in proportion, as AWS lists them', () => {
  const listed = { 't3.small': 0.0208, 't3.medium': 0.0416, 't3.xlarge': 0.1664, 't4g.small': 0.0168 };
  for (const [type, price] of Object.entries(listed)) {
    expect(instancePrice('us-east-1', type)).toBeCloseTo(price, 10);
  }
  expect(instancePrice('eu-west-1', 't3.medium')).toBeCloseTo(0.0456, 10);
});

test('what bursts has a price for more, and what is not known has none', () => {
  for (const { family, baseline } of Object.values(instanceTypes)) {
    expect(family in surplusCreditPrice).toBe(baseline !== undefined);
  }
  expect(instancePrice('us-east-1', 'x9.large')).toBeUndefined();
  expect(instancePrice('mars-north-1', 't3.medium')).toBeUndefined();
});

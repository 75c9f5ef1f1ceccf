/** A range of IPv4 addresses, as numbers; `end` is the first address after it. */
export interface Range {
  first: number;
  end: number;
}

/** Reads a range such as `10.0.0.0/16`; bits after the prefix do not count. */
export function rangeOf(cidr: string): Range {
  const [address = '', prefix] = cidr.split('/');
  const size = 2 ** (32 - Number(prefix));
  const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const first = number - (number % size);
  return { first, end: first + size };
}

/** A range as AWS keeps it: `100.68.0.18/18` is `100.68.0.0/18`. */
export function canonical(cidr: string): string {
  const { first } = rangeOf(cidr);
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${octets.join('.')}/${cidr.split('/')[1]}`;
}

export const overlap = (one: Range, other: Range): boolean => one.first < other.end && other.first < one.end;

export const contains = (outer: Range, inner: Range): boolean =>
  inner.first >= outer.first && inner.end <= outer.end;

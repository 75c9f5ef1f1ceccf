/** A range of IPv4 addresses: its first address as a number, and how many there are, a power of two. */
export interface Range {
  first: number;
  size: number;
}

/** Reads a range in CIDR notation; bits after the prefix are kept, so `first` may be unaligned. */
export function parseCidr(cidr: string): Range & { prefix: number } {
  const [address = '', length = ''] = cidr.split('/');
  const first = address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
  const prefix = Number(length);
  return { first, size: 2 ** (32 - prefix), prefix };
}

/** Writes a range in CIDR notation. */
export function formatCidr({ first, size }: Range): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${octets.join('.')}/${32 - Math.log2(size)}`;
}

/** Whether all addresses of `inner` are in `outer`. */
export function contains(outer: Range, inner: Range): boolean {
  return inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size;
}

/** The ranges that no public network uses: RFC 1918, and RFC 6598, which AWS allows for VPCs too. */
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map(parseCidr);

/** Whether a range is private, all of it. */
export function isPrivate(cidr: string): boolean {
  const range = parseCidr(cidr);
  return privateRanges.some((candidate) => contains(candidate, range));
}

/** Whether two IPv4 ranges have an address in common. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one), parseCidr(other)];
  return a.first - (a.first % a.size) < b.first + b.size && b.first - (b.first % b.size) < a.first + a.size;
}

import { BlockList, isIP, isIPv4 } from 'node:net';

/** An entry of NO_PROXY: a host, all hosts of a domain, or a range of addresses; with a port, only that one. */
export interface NoProxyEntry {
  /** In lower case; of a domain with a dot before it. */
  readonly host: string;
  /** Bits of the network part, where the host is the address of a network. */
  readonly bits?: number;
  readonly port?: string;
}

/** What never goes through a proxy, as in Go, whose programs (Pulumi, Terraform) leave loopback out too. */
const loopback: readonly NoProxyEntry[] = [
  { host: 'localhost' },
  { host: '.localhost' },
  { host: '127.0.0.0', bits: 8 },
  { host: '::1', bits: 128 },
];

/**
 * Reads NO_PROXY by the rules of Go (https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config), which are the widest
 * of those in use: a name is for its subdomains too, one with a dot before it for them alone, addresses may be CIDR
 * ranges, any of them may end in a port, and `*` is everything.
 *
 * @returns `everything`, or the entries, those of loopback included
 */
export function readNoProxy(text: string): 'everything' | readonly NoProxyEntry[] {
  const words = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  return words.includes('*') ? 'everything' : [...loopback, ...words.flatMap(entriesOf)];
}

function entriesOf(word: string): NoProxyEntry[] {
  const [, network = '', bits] = /^(.+)\/(\d{1,3})$/.exec(word) ?? [];
  if (bits !== undefined) return isIP(network) ? [{ host: network, bits: Number(bits) }] : [];
  if (isIP(word)) return [{ host: word }];
  const [, bracketed, name = '', port] = /^(?:\[(.+)\]|(.+?))(?::(\d+))?$/.exec(word) ?? [];
  const entry = { ...(port !== undefined && { port }) };
  const host = bracketed ?? name;
  if (isIP(host)) return [{ host, ...entry }];
  const domain = host.replace(/^\*/, '');
  return domain.startsWith('.')
    ? [{ host: domain, ...entry }]
    : [domain, `.${domain}`].map((each) => ({ host: each, ...entry }));
}

/** Whether an entry is for a host (an address without brackets) at a port. */
export function isFor(entry: NoProxyEntry, host: string, port: string): boolean {
  if (entry.port !== undefined && entry.port !== port) return false;
  if (isIP(host)) return isIP(entry.host) !== 0 && contains(entry, host);
  return entry.host.startsWith('.') ? host.endsWith(entry.host) : host === entry.host;
}

function contains({ host: network, bits }: NoProxyEntry, address: string): boolean {
  const list = new BlockList();
  const family = (ip: string) => (isIPv4(ip) ? 'ipv4' : 'ipv6');
  if (bits === undefined) list.addAddress(network, family(network));
  else list.addSubnet(network, bits, family(network));
  return list.check(address, family(address));
}

/**
 * Entries in the form that an agent of Node reads (https://nodejs.org/api/http.html#built-in-proxy-support): it has
 * ranges from address to address instead of CIDR ones, and those for IPv4 only.
 */
export function nodeNoProxy(entries: readonly NoProxyEntry[]): string {
  return entries
    .map(({ host, bits, port }) => {
      if (bits !== undefined && isIPv4(host)) return rangeOf(host, bits);
      return port === undefined ? host : `${host}:${port}`;
    })
    .join(',');
}

function rangeOf(network: string, bits: number): string {
  const number = network.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - bits);
  const first = Math.floor(number / size) * size;
  return [first, first + size - 1]
    .map((address) => [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.'))
    .join('-');
}

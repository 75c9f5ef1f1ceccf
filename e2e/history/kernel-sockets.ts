import { readFile } from 'node:fs/promises';
import type { SocketAddress } from '@envoy-poc/edge';

/** `st` of an established connection in `/proc/net/tcp`. */
const ESTABLISHED = '01';

/**
 * Established connections that each address has accepted, as Linux's table of sockets says (`/proc/net/tcp`: addresses in
 * hexadecimal, the last byte first).
 */
export async function acceptedAt(addresses: readonly SocketAddress[]): Promise<number[]> {
  const count = new Map<string, number>();
  for (const line of (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1)) {
    const [, local = '', , state] = line.trim().split(/\s+/);
    if (state === ESTABLISHED) count.set(local, (count.get(local) ?? 0) + 1);
  }
  return addresses.map(({ address, port }) => count.get(`${hex(address)}:${hexByte(port, 4)}`) ?? 0);
}

function hex(address: string): string {
  return address
    .split('.')
    .reverse()
    .map((byte) => hexByte(Number(byte), 2))
    .join('');
}

function hexByte(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

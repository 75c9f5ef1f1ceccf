import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import type { SocketAddress } from '@envoy-poc/edge';
import { show } from './addresses.ts';
import { PortTakenError } from './errors.ts';

/** Taken addresses that a message names. */
const shownAtMost = 4;

/**
 * Makes sure that nobody listens on any of the addresses.
 * @throws {PortTakenError} naming each taken address and the process that holds it.
 */
export async function checkFree(wanted: readonly { name: string; at: SocketAddress }[]): Promise<void> {
  const taken: string[] = [];
  const next = new Set<string>();
  for (const { name, at } of wanted) {
    const problem = await tryListen(at);
    if (problem === 'EADDRINUSE') {
      const holder = (await holderOf(at)) ?? 'a process of another user';
      taken.push(`${show(at)}, wanted for ${name}, is held by ${holder}`);
      next.add('is another run going on? stop it first');
    } else if (problem) {
      taken.push(`${show(at)}, wanted for ${name}, cannot be used: ${problem}`);
      if (problem === 'EACCES') next.add('ports below 1024 need a privilege: name a higher one');
    }
  }
  if (taken.length > 0) {
    const shown = taken.slice(0, shownAtMost);
    if (taken.length > shownAtMost) shown.push(`and ${taken.length - shownAtMost} more addresses are taken`);
    throw new PortTakenError([...shown, ...next].join('\n'));
  }
}

function tryListen(at: SocketAddress): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host: at.address, port: at.port, exclusive: true }, () =>
      server.close(() => resolve(undefined)),
    );
  });
}

/** The process that listens on an address, as `name (pid 123)`; undefined when it cannot be seen. */
export async function holderOf(at: SocketAddress): Promise<string | undefined> {
  const pid = process.platform === 'linux' ? await pidFromProc(at) : await pidFromLsof(at);
  if (pid === undefined) return undefined;
  const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-p', pid]).catch(() => ({
    stdout: '',
  }));
  const command = stdout.trim() || (await commandFromProc(pid));
  return `${command ? `${command.slice(0, 80)} ` : ''}(pid ${pid})`;
}

async function commandFromProc(pid: string): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return line.replaceAll('\0', ' ').trim();
}

async function pidFromProc(at: SocketAddress): Promise<string | undefined> {
  const listening = '0A';
  const port = at.port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      const [address = '', hexPort] = local.split(':');
      if (state === listening && hexPort === port && covers(address, at.address))
        inodes.add(`socket:[${inode}]`);
    }
  }
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (inodes.has(target)) return pid;
    }
  }
  return undefined;
}

/** Whether a listener on a kernel-form (little-endian hex) address also takes an IPv4 address. */
function covers(hex: string, address: string): boolean {
  if (/^0+$/.test(hex)) return true;
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return hex.toLowerCase().endsWith(bytes.reverse().join(''));
}

async function pidFromLsof(at: SocketAddress): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('lsof', [
    '-nP',
    '-t',
    `-iTCP:${at.port}`,
    '-sTCP:LISTEN',
  ]).catch(() => ({ stdout: '' }));
  return stdout.split('\n')[0] || undefined;
}

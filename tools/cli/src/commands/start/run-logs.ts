import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Limits, limitsSchema } from '@envoy-poc/edge';
import { z } from 'zod';
import { EdgeLimits, type EdgeStart } from '../why/edge-limits.ts';
import { type Addresses, show } from './addresses.ts';

/** A log of so many bytes makes way for a fresh one; what had to make way before is gone. */
const MOST_BYTES = 32 * 2 ** 20;

/** What the lines themselves do not say. */
const about = z.object({
  /** Each start of an edge, in order. */
  edges: z.array(z.object({ edge: z.string(), atMs: z.number(), limits: limitsSchema.optional() })),
  /** As {@link namesOf} has them. */
  names: z.record(z.string(), z.string()),
});

/** What the processes of a run said: lines by the name of the process, such as `edge-1`. */
export interface KeptLogs extends z.output<typeof about> {
  lines: ReadonlyMap<string, readonly string[]>;
}

/** Keeps what the processes of a run say, a file for each, until the next run begins. */
export class RunLogs {
  readonly #folder: string;
  readonly #most: number;
  readonly #open = new Map<string, { fd: number; bytes: number }>();
  /** Of everybody who has ever taken part. */
  #names: Record<string, string> = {};
  readonly #starts: EdgeStart[] = [];
  readonly #limits = new EdgeLimits();

  private constructor(folder: string, most: number) {
    this.#folder = folder;
    this.#most = most;
  }

  /** Begins the logs of a run; those of the last one are gone. */
  static async begin(
    folder: string,
    places: Pick<Addresses, 'pods' | 'clients'>,
    mostBytes = MOST_BYTES,
  ): Promise<RunLogs> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const logs = new RunLogs(folder, mostBytes);
    logs.about(places);
    return logs;
  }

  /** Keeps who is behind an address. */
  about(places: Pick<Addresses, 'pods' | 'clients'>): void {
    this.#names = { ...this.#names, ...namesOf(places) };
    this.#writeAbout();
  }

  /** Keeps what an edge is started with. */
  edgeStarted(start: EdgeStart): void {
    this.#starts.push(start);
    this.#limits.started(start);
    this.#writeAbout();
  }

  /** The limits that an edge kept at a time in epoch milliseconds; undefined: nobody knows. */
  limitsOf(edge: string, atMs: number): Limits | undefined {
    return this.#limits.at(edge, atMs);
  }

  #writeAbout(): void {
    const kept: z.input<typeof about> = { names: this.#names, edges: this.#starts };
    writeFileSync(join(this.#folder, 'run.json'), JSON.stringify(kept));
  }

  /** What to call an address. */
  nameOf(address: string): string {
    return this.#names[address] ?? address;
  }

  /** Writes a line. One that the disk does not take is lost, and the run goes on. */
  line(process: string, text: string): void {
    try {
      const line = Buffer.from(`${text}\n`);
      const log = this.#logOf(process);
      log.bytes += line.length;
      writeSync(log.fd, line);
    } catch {}
  }

  close(): void {
    for (const { fd } of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  #logOf(process: string): { fd: number; bytes: number } {
    const file = join(this.#folder, `${process}.log`);
    const before = this.#open.get(process);
    if (before && before.bytes < this.#most) return before;
    if (before) {
      renameSync(file, `${file}.old`);
      closeSync(before.fd);
    }
    const log = { fd: openSync(file, 'a'), bytes: 0 };
    this.#open.set(process, log);
    return log;
  }
}

/** Name of each pod, by address and port, and of each client, by address. */
function namesOf({ clients, pods }: Pick<Addresses, 'pods' | 'clients'>): Record<string, string> {
  return Object.fromEntries([
    ...clients.map(({ address }, i) => [address, `client-${i + 1}`]),
    ...pods.map((at, i) => [show(at), `pod-${i + 1}`]),
  ]);
}

/** Reads what is kept of the run that goes on, or of the last one; undefined: there was none. */
export async function readRunLogs(folder: string): Promise<KeptLogs | undefined> {
  const text = await readFile(join(folder, 'run.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // What had to make way sorts after the fresh one, and comes first.
  const files = (await readdir(folder))
    .filter((file) => file !== 'run.json')
    .sort()
    .reverse();
  const lines = new Map<string, string[]>();
  for (const file of files) {
    const [process = ''] = file.split('.log');
    const all = (await readFile(join(folder, file), 'utf8')).split('\n');
    lines.set(process, [...(lines.get(process) ?? []), ...all]);
  }
  return { ...about.parse(JSON.parse(text)), lines };
}

import { fstatSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isatty } from 'node:tty';

/** What may wait for a reader of stdout; beyond it lines are dropped, in bytes. */
const MOST_WAITING_BYTES = 1024 * 1024;

const STDOUT = 1;

/** Takes log lines. A service must go on when nobody does: a full disk, a reader that stopped reading or went away. */
export interface LogSink {
  write(line: string): void;
  /** Lines that were not written. */
  readonly dropped: number;
  /** Waits until what was taken is written, at most so long. */
  flush(mostMs: number): Promise<void>;
}

let stdout: LogSink | undefined;

/** The one sink of this process, to its stdout. */
export function stdoutSink(): LogSink {
  stdout ??= isStream() ? streamSink() : fileSink();
  return stdout;
}

function isStream(): boolean {
  const kind = fstatSync(STDOUT);
  return kind.isFIFO() || kind.isSocket() || isatty(STDOUT);
}

/** A pipe is written to without waiting; what its reader does not take waits here. */
function streamSink(): LogSink {
  let dropped = 0;
  // Its reader has gone: there will not be another one.
  process.stdout.on('error', () => {});
  return {
    write(line) {
      if (!process.stdout.writable || process.stdout.writableLength > MOST_WAITING_BYTES) dropped++;
      else process.stdout.write(line);
    },
    get dropped() {
      return dropped;
    },
    async flush(mostMs) {
      const until = performance.now() + mostMs;
      while (process.stdout.writable && process.stdout.writableLength > 0 && performance.now() < until) {
        await sleep(5);
      }
    },
  };
}

/** A file is written to at once: its disk may be full now and have room later. */
function fileSink(): LogSink {
  let dropped = 0;
  return {
    write(line) {
      try {
        writeSync(STDOUT, line);
      } catch {
        dropped++;
      }
    },
    get dropped() {
      return dropped;
    },
    flush: async () => {},
  };
}

import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import prettyBytes from 'pretty-bytes';

/** Shows what moves. Everything goes to stderr: stdout is for results. */
export interface Progress {
  /** A line for people, once. */
  note(text: string): void;
  /** How much of something named has moved; both in bytes. Called again and again for the same name. */
  moved(name: string, bytes: number, totalBytes: number): void;
  /** No more will come: leaves the terminal as it was. */
  stop(): void;
}

/** What is smaller than this moves too fast to be shown. */
const shownBytes = 100_000;

/** Bars with rates on a terminal, a line at the end of each transfer elsewhere, nothing when silent. */
export function startProgress(
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
  silent: boolean,
): Progress {
  if (silent) return { note() {}, moved() {}, stop() {} };
  return stream.isTTY ? bars(stream) : lines(stream);
}

function bars(stream: NodeJS.WritableStream): Progress {
  const format = '{name} {bar} {moved}';
  const options = { stream, format, barsize: 20, hideCursor: true, clearOnComplete: false, fps: 10 };
  const all = new MultiBar(options, Presets.shades_classic);
  const each = new Map<string, { readonly bar: SingleBar; readonly rate: (bytes: number) => string }>();
  return {
    note: (text) => (all.isActive ? all.log(`${text}\n`) : void stream.write(`${text}\n`)),
    moved(name, bytes, totalBytes) {
      if (totalBytes < shownBytes) return;
      let shown = each.get(name);
      if (!shown) {
        shown = { bar: all.create(totalBytes, 0, { name, moved: '' }), rate: rateSince(performance.now()) };
        each.set(name, shown);
      }
      shown.bar.update(bytes, {
        moved: `${prettyBytes(bytes)} of ${prettyBytes(totalBytes)}, ${shown.rate(bytes)}`,
      });
    },
    stop: () => all.stop(),
  };
}

function lines(stream: NodeJS.WritableStream): Progress {
  const rates = new Map<string, (bytes: number) => string>();
  const note = (text: string) => void stream.write(`${text}\n`);
  return {
    note,
    moved(name, bytes, totalBytes) {
      if (totalBytes < shownBytes) return;
      const rate = rates.get(name) ?? rateSince(performance.now());
      if (!rates.has(name)) note(`${name}: ${prettyBytes(totalBytes)}`);
      rates.set(name, rate);
      if (bytes === totalBytes) note(`${name}: done, ${rate(bytes)}`);
    },
    stop() {},
  };
}

function rateSince(startMilliseconds: number): (bytes: number) => string {
  return (bytes) => {
    const seconds = (performance.now() - startMilliseconds) / 1000;
    return `${prettyBytes(Math.round(bytes / Math.max(seconds, 0.001)))}/s`;
  };
}

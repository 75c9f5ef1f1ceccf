import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Stream } from './book.ts';
import type { PickerSettings } from './config.ts';
import type { Decider } from './decider.ts';
import type { PickerMetrics } from './metrics.ts';
import { parseReport } from './report.ts';

/** Longest line, in characters: three times what a pod says with the longest request id. */
const MAX_LINE_LENGTH = 1024;

/** A stream that has said nothing for so long is cut: its machine may be gone. */
const IDLE_MS = 10_000;

/** A pod that says more lines than this in {@link TURN_MS} is not read until that is over. */
const MOST_LINES_A_TURN = 1000;
const TURN_MS = 100;

/** Streams at once: 10,000 pods, and room for those that come back before their old stream ended. */
const MOST_STREAMS = 12_000;

/** Streams of one address at once: on a machine with a single loopback address all pods have the same. */
const MOST_STREAMS_PER_ADDRESS = 256;

/** Listens to the pods. */
export function reportServer(
  settings: PickerSettings,
  deps: { decider: Decider; metrics: PickerMetrics; logger: Logger; now: () => number },
): Server {
  const { decider, metrics, logger, now } = deps;
  const perAddress = new Map<string, number>();
  let streams = 0;

  const server = createServer({ noDelay: true }, (socket) => {
    const address = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '');
    const ofAddress = address === undefined ? 0 : (perAddress.get(address) ?? 0);
    socket.on('error', () => {});
    if (address === undefined) return void socket.destroy();
    if (ofAddress >= MOST_STREAMS_PER_ADDRESS) {
      metrics.dropped.inc({ port: 'reports' });
      return void socket.destroy();
    }
    perAddress.set(address, ofAddress + 1);
    socket.once('close', () => {
      const left = (perAddress.get(address) ?? 0) - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    });
    listenTo(socket, address, { number: ++streams });
  });
  server.maxConnections = MOST_STREAMS;
  server.on('drop', () => metrics.dropped.inc({ port: 'reports' }));

  function listenTo(socket: Socket, address: string, stream: Stream): void {
    const host = address.includes(':') ? `[${address}]` : address;
    let port: number | undefined;
    let rest = '';
    let turnMs = 0;
    let lines = 0;

    const cut = (why: string) => {
      metrics.badReports.inc();
      logger.warn({ event: 'bad_report', address, detail: why });
      socket.destroy();
    };
    const read = (line: string): string | undefined => {
      if (line.length > MAX_LINE_LENGTH) return 'line too long';
      const report = parseReport(line);
      if (typeof report === 'string') return report;
      if (port !== undefined && report.port !== port) return `port: ${report.port}, before ${port}`;
      if (port === undefined) socket.setTimeout(IDLE_MS);
      port = report.port;
      decider.report(stream, `${host}:${port}`, report, now());
      metrics.reports.inc();
      return undefined;
    };

    socket.setEncoding('utf8');
    socket.setTimeout(settings.headTimeoutSeconds * 1000);
    socket.on('timeout', () => cut('silent'));
    socket.on('end', () => socket.destroy());
    socket.on('data', (data: string) => {
      const parts = (rest + data).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        const fault = read(line);
        if (fault !== undefined) return cut(fault);
      }
      if (rest.length > MAX_LINE_LENGTH) return cut('line too long');
      const nowMs = performance.now();
      if (nowMs - turnMs > TURN_MS) {
        turnMs = nowMs;
        lines = 0;
      }
      lines += parts.length;
      if (lines > MOST_LINES_A_TURN) {
        socket.pause();
        setTimeout(() => socket.resume(), TURN_MS);
      }
    });
    socket.once('close', () => {
      if (port !== undefined) decider.book.ended(stream, `${host}:${port}`);
    });
  }
  return server;
}

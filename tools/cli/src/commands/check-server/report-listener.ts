import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import * as z from 'zod';

const whole = (least: number, most: number) => z.int().min(least).max(most);

/** What a pod says of itself in a line (apps/endpoint-picker/README.md, "Reports"). */
const report = z.object({
  port: whole(1, 65_535),
  limit: whole(1, 1_000_000),
  taken: whole(0, 1_000_000),
  draining: z.boolean(),
  opened: z.string().min(1).optional(),
});

export type PodReport = z.output<typeof report>;

/** Where a server under test reports to, as to an endpoint picker. */
export interface ReportListener {
  /** The value of `PICKERS`. */
  readonly place: string;
  /** Streams that are open now. */
  readonly streams: number;
  /** All reports so far, in the order in which they came. */
  readonly reports: readonly PodReport[];
  /** The first line that is no report, and what is wrong with it. */
  readonly oddLine: string | undefined;
  /** Ends all streams, as a picker that is replaced. */
  cut(): void;
  close(): void;
}

/** Listens on a free port of 127.0.0.1. */
export async function listenToReports(): Promise<ReportListener> {
  const sockets = new Set<Socket>();
  const reports: PodReport[] = [];
  let oddLine: string | undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    createInterface({ input: socket }).on('line', (line) => {
      const parsed = z.string().transform(jsonOf).pipe(report).safeParse(line);
      if (parsed.success) reports.push(parsed.data);
      else oddLine ??= `${line.slice(0, 100)}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    place: `127.0.0.1:${port}`,
    reports,
    get streams() {
      return sockets.size;
    },
    get oddLine() {
      return oddLine;
    },
    cut,
    close() {
      server.close();
      cut();
    },
  };
}

function jsonOf(line: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(line);
  } catch {
    context.addIssue('not JSON');
    return z.NEVER;
  }
}

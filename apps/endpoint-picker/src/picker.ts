import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { identity } from '@envoy-poc/edge/picker-contract';
import { createLogger, type Health, listen, type RunningService } from '@envoy-poc/env';
import type { Logger } from 'pino';
import { PICKER_DEFAULTS, type PickerConfig, type PickerSettings } from './config.ts';
import { Decider } from './decider.ts';
import { decisionServer } from './decisions.ts';
import { createMetrics } from './metrics.ts';
import { reportServer } from './reports.ts';

/** It looks around this often. */
const TICK_MS = 100;

/** A picker that listens. */
export interface RunningPicker extends RunningService {
  /** Address of both ports. */
  readonly address: string;
  /** Where edges ask, and where `/healthz` and `/metrics` are. */
  readonly port: number;
  /** Where pods report. */
  readonly reportsPort: number;
  /** What SIGTERM does: fails `/healthz`, goes on deciding for the drain time, then stops. Resolves when stopped. */
  drain(): Promise<void>;
  /** Stops at once. */
  close(): Promise<void>;
}

/**
 * Starts a picker. Keeps no state outside itself, so that many can run in one process.
 *
 * @param deps.now milliseconds of a clock that never goes back, as `performance.now`
 * @param deps.random numbers from 0 up to 1, as `Math.random`
 * @throws {ListenError} when the address or a port cannot be had
 */
export async function startPicker(
  config: PickerConfig = {},
  deps: { logger?: Logger; now?: () => number; random?: () => number } = {},
): Promise<RunningPicker> {
  const settings: PickerSettings = { ...PICKER_DEFAULTS, ...config };
  const logger = deps.logger ?? createLogger(settings.logLevel, {});
  const { now = () => performance.now(), random = Math.random } = deps;
  let draining = false;
  let stopping = false;
  const decider = new Decider(settings, random, now(), {
    heard: (pod, limit) => logger.info({ event: 'pod_heard', pod, limit, pods: decider.book.pods }),
    gone: (pod, why) => stopping || logger.info({ event: 'pod_gone', pod, why, pods: decider.book.pods }),
  });
  const metrics = createMetrics(decider, now);

  const health = (): Health => {
    const why = draining ? 'draining' : decider.unready(now());
    return why
      ? { status: 503, body: `${why}\n` }
      : { status: 200, body: 'ok\n', headers: { [identity.header]: identity.value } };
  };
  const decisions = decisionServer(settings, { decider, health, metrics, logger, now });
  const reports = reportServer(settings, { decider, metrics, logger, now });
  const sockets = new Set<Socket>();
  for (const server of [decisions, reports]) {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
  }
  // At once would be before what came in while it was stopped is read.
  const ticks = setInterval(() => setImmediate(() => decider.tick(now())), TICK_MS);

  async function stop(): Promise<void> {
    draining = true;
    stopping = true;
    clearInterval(ticks);
    const stopped = [decisions, reports]
      .filter((server) => server.listening)
      .map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of sockets) socket.destroy();
    await Promise.all(stopped);
    logger.info({ event: 'stopped' });
  }

  async function drainAll(): Promise<void> {
    draining = true;
    logger.info({ event: 'draining', drainSeconds: settings.drainSeconds });
    await sleep(settings.drainSeconds * 1000);
    await close();
  }

  let drained: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= stop());
  const drain = () => (drained ??= drainAll());

  try {
    const { port: reportsPort } = await listen(reports, settings.host, settings.reportsPort);
    const { address, port } = await listen(decisions, settings.host, settings.port);
    logger.info({ event: 'listening', address, port, reportsPort });
    return { address, port, reportsPort, drain, close };
  } catch (error) {
    await close();
    throw error;
  }
}

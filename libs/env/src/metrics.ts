import { Counter, Gauge, Registry } from 'prom-client';
import { stdoutSink } from './log-sink.ts';

/**
 * A registry of one service's own, with a counter of what its log lost.
 *
 * @param dropped the counter's name, such as `ws_server_log_lines_dropped_total`
 */
export function createRegistry(dropped: string): Registry {
  const registry = new Registry();
  new Counter({
    name: dropped,
    help: 'Log lines that stdout did not take.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(stdoutSink().dropped);
    },
  });
  return registry;
}

/** A gauge that is read when somebody asks for it. */
export function gauge(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(value());
    },
  });
}

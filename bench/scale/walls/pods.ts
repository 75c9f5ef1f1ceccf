import { setTimeout as sleep } from 'node:timers/promises';
import { reportToPickers } from '@envoy-poc/ws-server';
import { pino } from 'pino';

// Many pods that report to one picker as real ones do, each from an address of its own.
// node pods.ts PICKER_ADDRESS PORT PODS

const [host = '', port, pods] = process.argv.slice(2);
const none = { inc: () => {}, dec: () => {} };
const perMillisecond = Math.ceil(Number(pods) / 1000);
for (let pod = 0; pod < Number(pods); pod++) {
  // Each has a second of its own, as pods that started one after the other.
  if (pod % perMillisecond === 0) await sleep(1);
  reportToPickers({
    pickers: [{ host, port: Number(port) }],
    podIp: `127.100.${pod >> 8}.${pod & 255}`,
    report: () => ({ port: 8080, limit: 1000, taken: 0, draining: false }),
    metrics: { pickerStreams: none },
    logger: pino({ level: 'silent' }),
    signal: new AbortController().signal,
    // An address is its own answer, without a thread of the system's look-up.
    lookUp: async (address) => [address],
  });
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions, startWatch } from '@envoy-poc/cli/start';
import { writeRecording } from '@envoy-poc/console';
import { capacityOf } from '@envoy-poc/edge';
import { freePort } from '@envoy-poc/env/listen';
import type { TestContext } from 'vitest';
import { recordingFile } from '../helpers/recordings.ts';
import type { Plane } from '../local/harness.ts';

/** Between two looks at the access logs, in milliseconds. */
const LOOK_MS = 100;

/**
 * Records a plane as `npm start` records a run, and keeps the recording if the test fails.
 *
 * @returns notes what was done, such as `a pod is killed`
 */
export async function recordPlane(
  { limits, places, accessLog }: Plane,
  { task, onTestFinished }: Pick<TestContext, 'task' | 'onTestFinished'>,
): Promise<(what: string) => void> {
  const folder = await mkdtemp(join(tmpdir(), 'record-'));
  const defaults = parseOptions([]);
  if (!defaults) throw new Error('the command line without words asked for help');
  // All attempts of a test come from one address.
  const clients = [{ address: '127.0.0.1', port: 0 }];
  const demand = { clientReplicas: 1, connectionsPerClient: capacityOf(limits) };
  const watch = await startWatch({
    plan: {
      options: { ...defaults, ...limits, ...demand, port: await freePort() },
      places: { ...places, clients },
      fault: {},
    },
    logs: folder,
    onEvent: () => {},
    act: async () => ({ refused: 'nothing can be done to a test' }),
  });
  let read = 0;
  const readLog = () => {
    for (const line of accessLog.slice(read)) watch.edgeLine(JSON.stringify(line));
    read = accessLog.length;
  };
  const timer = setInterval(readLog, LOOK_MS);
  onTestFinished(async () => {
    clearInterval(timer);
    readLog();
    await watch.close();
    await rm(folder, { recursive: true });
    if (task.result?.state !== 'fail') return;
    const file = await recordingFile(task.name);
    await writeRecording(file, watch.recorder);
    console.error(`recorded in ${file}: open it in a browser to replay the test`);
  });
  return (what) => watch.mark(what);
}

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
  const defaults = parseOptions([]);
  if (!defaults) throw new Error('the command line without words asked for help');
  // All attempts of a test come from one address.
  const clients = [{ address: '127.0.0.1', port: 0 }];
  const demand = { clientReplicas: 1, connectionsPerClient: capacityOf(limits) };
  const options = { ...defaults, ...limits, ...demand, port: await freePort() };
  const watch = await startWatch({
    plan: { options, places: { ...places, clients }, fault: {} },
    log: () => ({ why: [], lines: [] }),
    onEvent: () => {},
  });
  let read = 0;
  const readLog = () => {
    for (const line of accessLog.slice(read)) watch.edgeLine(line);
    read = accessLog.length;
  };
  const timer = setInterval(readLog, LOOK_MS);
  onTestFinished(async () => {
    clearInterval(timer);
    readLog();
    await watch.close();
    if (task.result?.state !== 'fail') return;
    const file = await recordingFile(task.name);
    await writeRecording(file, watch.recorder);
    console.error(`recorded in ${file}: open it in a browser to replay the test`);
  });
  return (what) => watch.recorder.add({ event: 'mark', at: new Date().toISOString(), what });
}

import { Recorder, writeRecording } from '@envoy-poc/console';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { CheckError } from '#runtime';

/** Events of a run that are being recorded. */
export interface RunRecording {
  readonly recorder: Recorder;
  /** Stops, and writes the file. @throws {CheckError} when it cannot be written */
  finish(): Promise<void>;
}

/**
 * Records what a run's console tells from now on.
 *
 * @param console its URL
 * @throws {CheckError} when it does not answer
 */
export async function recordRun(console: string, file: string): Promise<RunRecording> {
  const stop = new AbortController();
  const url = `${console}/api/events`;
  const response = await fetch(url, { signal: stop.signal }).catch((error) => {
    throw new CheckError(`${url} does not answer: ${error.message}`, 'look at what npm start printed last');
  });
  if (!response.ok || !response.body) {
    throw new CheckError(`${url} answers ${response.status}`, 'look at what npm start printed last');
  }
  const messages = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    [Symbol.asyncIterator]();
  const first = await messages.next();
  const recorder = new Recorder(JSON.parse(first.value?.data ?? 'null'));
  const follow = async () => {
    for await (const { data } of messages) recorder.add(JSON.parse(data));
  };
  // A run that ends is recorded up to its end.
  const followed = follow().catch(() => {});
  return {
    recorder,
    async finish() {
      stop.abort();
      await followed;
      await writeRecording(file, recorder).catch((error) => {
        throw new CheckError(`${file} cannot be written: ${error.message}`, 'name another file', {
          cause: error,
        });
      });
    },
  };
}

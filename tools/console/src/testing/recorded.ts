import { Recorder, type RecorderOptions } from '../recording/recorder.ts';
import { Recording } from '../recording/recording.ts';
import { startView } from '../view.ts';
import type { Scene } from './scenes.ts';

/** A recorder of all of a scene, each event of which is told when it happens. */
export function recorderOf({ setup, before, next }: Scene, options: RecorderOptions = {}): Recorder {
  let now = Date.parse(setup.startedAt);
  const recorder = new Recorder(startView(setup), { now: () => now, ...options });
  for (const event of [...before, ...next]) {
    now = Math.max(now, Date.parse(event.at));
    recorder.add(event);
  }
  return recorder;
}

/** The recording in the text of a page. */
export function recordingIn(html: string): Promise<Recording> {
  const text = /<script type="application\/octet-stream" id="recording">([^<]*)</.exec(html)?.[1];
  if (text === undefined) throw new Error(`no recording is in ${html.slice(0, 200)}`);
  return Recording.read(text);
}

import { type Recorder, writeRecording } from '@envoy-poc/console';

/** Of the option `--record <file>`. */
export const recordDescription = 'write a recording: an HTML file that replays what happens';

/** What is said when there is one. */
export const recordedIn = (file: string) => `recorded in ${file}: open it in a browser to replay the run`;

/** How much of a recording is lost at most when this process is killed, in milliseconds. */
const SAVE_MS = 60_000;

interface KeptRecording {
  /**
   * Writes the recording for the last time.
   *
   * @param wrong whether the run went wrong
   * @returns the file; undefined: nothing was to be written, or it could not be, which stderr then says
   */
  finish(wrong: boolean): Promise<string | undefined>;
}

/**
 * Writes a recording to a file now, and again after each `saveMs` milliseconds.
 *
 * @param file undefined: only at the end, to `fileIfWrong`, if the run went wrong
 */
export function keepRecording(
  recorder: Recorder,
  file: string | undefined,
  fileIfWrong?: string,
  saveMs = SAVE_MS,
): KeptRecording {
  let last = Promise.resolve(true);
  const save = () => {
    if (file !== undefined) last = last.then(() => written(file, recorder));
  };
  save();
  const timer = setInterval(save, saveMs);
  return {
    async finish(wrong) {
      clearInterval(timer);
      const place = file ?? (wrong ? fileIfWrong : undefined);
      await last;
      return place !== undefined && (await written(place, recorder)) ? place : undefined;
    },
  };
}

async function written(file: string, recorder: Recorder): Promise<boolean> {
  try {
    await writeRecording(file, recorder);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    console.error(`the recording ${file} could not be written (${code ?? message})`);
    return false;
  }
}

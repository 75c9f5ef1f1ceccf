import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Recordings of runs that went wrong in a test; CI keeps them. */
const folder = fileURLToPath(new URL('../.recordings', import.meta.url));

/** The file for the recording of a test; its folder is there. */
export async function recordingFile(test: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return join(folder, `${test.replace(/\W+/g, '-').slice(0, 80)}-${Date.now()}.html`);
}

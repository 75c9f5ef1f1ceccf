import { homedir } from 'node:os';
import { join } from 'node:path';

/** What this tool keeps between runs is under the XDG cache folder; all of it may be deleted. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'envoy-poc');
}

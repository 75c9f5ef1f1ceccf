import util from 'node:util';

// Every new logger of pino asks from where it is called, for transports that services do not use. With
// --enable-source-maps Node decodes the whole source map of the service for the answer: 11 MiB of a pod's memory, and a
// quarter of the processor time until it listens. So the answer is without source maps; stack traces keep theirs.
const { getCallSites } = util;
type Options = { sourceMap?: boolean | undefined };

function plainCallSites(frames: number | Options = {}, options: Options = {}): util.CallSiteObject[] {
  // One more than asked for: this function is the first. Node's default is 8.
  if (typeof frames !== 'number') return plainCallSites(9, frames).slice(1);
  return getCallSites(frames + 1, { sourceMap: false, ...options }).slice(1);
}

// Node 20 has none.
if ('getCallSites' in util) util.getCallSites = plainCallSites;

import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { request } from 'node:https';
import { agentsInUse } from '@envoy-poc/proxy';

/** Why a server is not reached: its certificate, or the way to it. */
export interface ReachError {
  readonly kind: 'certificate' | 'network';
  readonly message: string;
}

/** How long a server may take to answer. */
const SECONDS = 10;

/** OpenSSL's and Node's words for a certificate that is not believed. */
const certificateFault = /CERT|UNABLE_TO_|SELF_SIGNED|ALTNAME|PEM/;

/**
 * Asks a server for anything, as nobody. Any answer will do.
 *
 * @param authority the certificate authority that is believed, PEM in base64
 * @returns why it is not reached; undefined: it is
 */
export async function reach(
  url: string,
  authority: string,
  signal: AbortSignal,
): Promise<ReachError | undefined> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(SECONDS * 1000)]);
  const ca = Buffer.from(authority, 'base64');
  let asked: ClientRequest | undefined;
  try {
    asked = request(new URL('/livez', url), {
      ca,
      agent: agentsInUse()?.httpsAgent ?? false,
      signal: within,
    });
    asked.end();
    const [response] = await once(asked, 'response');
    response.resume();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (within.aborted) return { kind: 'network', message: `no answer in ${SECONDS} s` };
    return { kind: certificateFault.test(code) ? 'certificate' : 'network', message: message || code };
  } finally {
    asked?.destroy();
  }
}

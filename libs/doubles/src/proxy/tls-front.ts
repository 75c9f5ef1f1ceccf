import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createServer } from 'node:tls';

/** A server that speaks TLS before one that does not. */
export interface TlsFront extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly address: string;
}

/** A certificate for some names that is its own authority, made by openssl. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** The file that holds {@link cert}, for NODE_EXTRA_CA_CERTS. */
  readonly file: string;
}

/** Makes a certificate in a folder. */
export async function certificateFor(names: readonly string[], folder: string): Promise<Certificate> {
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test';
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`;
  const files = ['-keyout', key, '-out', file];
  execFileSync('openssl', [...words.split(' '), '-addext', alternatives, ...files], { stdio: 'ignore' });
  return { key: await readFile(key, 'utf8'), cert: await readFile(file, 'utf8'), file };
}

/** Starts one on a free port of 127.0.0.1, before `http://127.0.0.1:<port>`. */
export async function startTlsFront(certificate: Certificate, behind: string): Promise<TlsFront> {
  const { key, cert } = certificate;
  const server = createServer({ key, cert }, (socket) => {
    const onward = connect(Number(new URL(behind).port), '127.0.0.1');
    pipeline(socket, onward, socket, () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

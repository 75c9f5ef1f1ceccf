import { readFile } from 'node:fs/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ProxyError } from './proxies.ts';

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Has this process believe the certificates of AWS_CA_BUNDLE too, as the AWS CLI and Pulumi's provider do: a proxy that
 * opens TLS signs with one of its own.
 *
 * @throws {ProxyError} where it is no file of certificates
 */
export async function trustBundle({ AWS_CA_BUNDLE: file }: NodeJS.ProcessEnv): Promise<void> {
  if (!file) return;
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new ProxyError(`AWS_CA_BUNDLE is ${file}, which cannot be read: ${error.message}.\n${nextStep}`);
  });
  const certificates = text.match(certificate);
  if (!certificates)
    throw new ProxyError(`AWS_CA_BUNDLE is ${file}, in which no certificate is (PEM).\n${nextStep}`);
  setDefaultCACertificates([...new Set([...getCACertificates('default'), ...certificates])]);
}

const nextStep = 'Name a file that the AWS CLI takes, or none: unset AWS_CA_BUNDLE';

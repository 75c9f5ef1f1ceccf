import { createDecipheriv, pbkdf2 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { CheckError } from '#runtime';

/**
 * The passphrase of the environment, as Pulumi takes it; undefined: there is none.
 *
 * @throws {CheckError} when it is in a file that cannot be read
 */
export async function passphraseOf(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { PULUMI_CONFIG_PASSPHRASE: passphrase, PULUMI_CONFIG_PASSPHRASE_FILE: file } = env;
  if (passphrase !== undefined || !file) return passphrase;
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new CheckError(
      `PULUMI_CONFIG_PASSPHRASE_FILE cannot be read: ${(error as Error).message}`,
      'export PULUMI_CONFIG_PASSPHRASE_FILE=<a file that holds the passphrase>',
      { cause: error },
    );
  }
}

/**
 * Whether a passphrase is the one that a stack's settings were made with. A stack's `encryptionsalt` holds the salt of
 * PBKDF2 and the word "pulumi", encrypted by AES-256-GCM
 * (https://github.com/pulumi/pulumi/blob/master/pkg/secrets/passphrase/manager.go).
 */
export async function opens(passphrase: string, encryptionSalt: string): Promise<boolean> {
  const [, salt = '', , nonce = '', sealed = ''] = encryptionSalt.split(':');
  const bytes = (base64: string) => Buffer.from(base64, 'base64');
  const key = await promisify(pbkdf2)(passphrase, bytes(salt), 1_000_000, 32, 'sha256');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes(nonce));
    decipher.setAuthTag(bytes(sealed).subarray(-16));
    return (
      decipher.update(bytes(sealed).subarray(0, -16), undefined, 'utf8') + decipher.final('utf8') === 'pulumi'
    );
  } catch {
    return false;
  }
}

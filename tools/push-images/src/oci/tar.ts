import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';

/** A regular file of a tar: an absolute or relative path with `/` between its parts, and its content. */
export interface TarFile {
  readonly path: string;
  readonly content: Uint8Array | Blob;
}

/**
 * The time of every entry: one second after the epoch. Zero itself makes some tools (GNU tar among them) warn of
 * an implausible date.
 */
export const entryTime = new Date(1000);

const owner = { uid: 0, gid: 0, uname: '', gname: '', mtime: entryTime };

/**
 * A tar of files and the folders above them. Same files, same bytes: entries are sorted by path (by code unit),
 * times, owners and modes are fixed (0644, folders 0755, root), whatever the file system, umask or clock says.
 */
export function tar(files: readonly TarFile[]): Readable {
  const packer = pack();
  writeEntries(files, packer).then(
    () => packer.finalize(),
    (error: Error) => packer.destroy(error),
  );
  return Readable.from(packer);
}

/** A small tar whole in memory. */
export async function tarBytes(files: readonly TarFile[]): Promise<Uint8Array> {
  return buffer(tar(files));
}

async function writeEntries(files: readonly TarFile[], packer: ReturnType<typeof pack>): Promise<void> {
  const byPath = new Map(files.map(({ path, content }) => [path.replace(/^\/+/, ''), content]));
  const folders = new Set([...byPath.keys()].flatMap(foldersAbove));
  for (const path of [...byPath.keys(), ...folders].sort()) {
    const content = byPath.get(path);
    if (content === undefined) {
      packer.entry({ ...owner, name: path, type: 'directory', mode: 0o755 });
      continue;
    }
    const size = content instanceof Blob ? content.size : content.length;
    const entry = packer.entry({ ...owner, name: path, size, mode: 0o644 });
    await pipeline(content instanceof Blob ? content.stream() : [content], entry);
  }
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, count) => `${parts.slice(0, count + 1).join('/')}/`);
}

import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppImage } from './app-image.ts';
import { unfinished } from './output/unfinished.ts';
import type { AppReport } from './report.ts';

/** Leaves what the workloads layer reads, and the SBOM beside it. The same image leaves the same bytes. */
export async function writeHandover(
  folder: string,
  { app, sbom }: AppImage,
  report: Omit<AppReport, 'action'>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, `${app}.cdx.json`), sbom);
  await replaceFile(join(folder, `${app}.json`), `${JSON.stringify(report, null, 2)}\n`);
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await using part = unfinished(`${path}.${process.pid}.part`);
  await writeFile(part.path, content);
  await rename(part.path, path);
}

import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';
import type { ListedImage } from './ecr/list.ts';
import { shortDigest } from './oci/digest.ts';

/** The images of a repository as a table for people. */
export function printImages({
  repository,
  images,
}: {
  repository: string;
  images: readonly ListedImage[];
}): string {
  if (images.length === 0) return `${repository}: no images yet. Push one: npx envoy-poc push`;
  const rows = images.map(({ tags, digest, kind, sizeBytes, pushedAt }) => [
    kind,
    shortDigest(digest),
    sizeBytes === undefined ? '-' : prettyBytes(sizeBytes),
    pushedAt
      ? `${prettyMilliseconds(Math.max(0, Date.now() - pushedAt.getTime()), { unitCount: 1, compact: true })} ago`
      : '-',
    tags.join(', ') || '-',
  ]);
  const table = [['KIND', 'DIGEST', 'SIZE', 'PUSHED', 'TAGS'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map(
    (row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`,
  );
  return [repository, ...lines].join('\n');
}

import { mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { CommandContext, CommonOptions, Report } from './command.ts';
import { CheckError, UsageError } from './errors.ts';
import { jsonText } from './report.ts';
import { htmlOf } from './report-html.ts';
import { junitOf } from './report-junit.ts';

const formats = {
  html: { extension: 'html', textOf: htmlOf },
  json: { extension: 'json', textOf: jsonText },
  junit: { extension: 'xml', textOf: junitOf },
} as const;

/** A file to write a report to. */
export interface ReportFile {
  readonly format: keyof typeof formats;
  /** Its whole path. */
  readonly file: string;
}

/**
 * Reads `--report`: a format, or a format and a file as in `junit=verify.xml`. Without a file it is `dist/reports` in
 * the workspace.
 *
 * @throws {UsageError} when there is no such format
 */
export function reportFile(
  word: string,
  command: string,
  { stack }: CommonOptions,
  { root }: CommandContext,
): ReportFile {
  const [, format = '', file] = /^([^=]*)(?:=(.+))?$/.exec(word) ?? [];
  if (!isFormat(format)) {
    throw new UsageError(
      `--report ${word}: must be ${Object.keys(formats).join(', ')}, or one with a file as in junit=${command}.xml`,
    );
  }
  const name = `${command}-${stack}.${formats[format].extension}`;
  return { format, file: file === undefined ? join(root, 'dist/reports', name) : resolve(file) };
}

const isFormat = (word: string): word is keyof typeof formats => Object.hasOwn(formats, word);

/** Makes sure that a report can be written once there is one. @throws {CheckError} when it cannot */
export async function checkWritable({ file }: ReportFile): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    const before = await stat(file).catch(() => undefined);
    await (await open(file, 'a')).close();
    if (!before) await rm(file);
  } catch (error) {
    throw new CheckError(
      `${file} cannot be written: ${(error as Error).message}`,
      'name another file, as in --report html=/tmp/report.html',
      { cause: error },
    );
  }
}

/** Writes a report and says where on stderr. */
export async function writeReport({ format, file }: ReportFile, report: Report, { stderr }: CommandContext) {
  await writeFile(file, formats[format].textOf(report));
  const shown = relative(process.cwd(), file);
  stderr.write(`${format} report: ${shown.startsWith('..') ? file : shown}\n`);
}

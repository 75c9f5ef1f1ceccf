import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '../fixtures');
const fixture = join(folder, 'fields.ts');

/** The errors in one file, `<line> TS<code>` each. What it imports is read and not checked: that is done elsewhere. */
function errorsIn(file: string): string[] {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const program = ts.createProgram([file], options);
  return program
    .getSemanticDiagnostics(program.getSourceFile(file))
    .map(({ code, file: source, start = 0 }) => {
      const line = source?.getLineAndCharacterOfPosition(start).line ?? -1;
      return `${line + 1} TS${code}`;
    });
}

test('a wrong layer, output, field or type does not compile; right ones do', () => {
  const expected = readFileSync(fixture, 'utf8')
    .split('\n')
    .flatMap((text, index) =>
      text.includes('// TS') ? [`${index + 1} ${text.split('// ')[1]?.split(':')[0]}`] : [],
    );
  const seen = errorsIn(fixture);
  expect(seen).toEqual(expected);
  expect(seen).toHaveLength(7);
});

import type { CheckResult } from './check.ts';
import type { Report } from './command.ts';
import { type Markup, markup } from './markup.ts';

/**
 * A report as JUnit's XML, as CI systems read it (https://github.com/testmoapp/junitxml): a test case a check. JUnit has
 * no warnings; those pass, and say so in their output.
 */
export function junitOf({ command, stack, at, seconds, checks }: Report): string {
  const count = (status: CheckResult['status']) => checks.filter((check) => check.status === status).length;
  const counts = markup`tests="${checks.length}" failures="${count('fail')}" errors="0" skipped="${count('skipped')}" time="${seconds.toFixed(3)}"`;
  const began = new Date(Date.parse(at) - seconds * 1000).toISOString();
  const document = markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${command}" ${counts}>
  <testsuite name="${command} ${stack}" timestamp="${began}" ${counts}>
${checks.map((check) => caseOf(check, `${command}.${stack}`))}  </testsuite>
</testsuites>
`;
  return document.text;
}

function caseOf(check: CheckResult, classname: string): Markup {
  const { title, seconds } = check;
  return markup`    <testcase classname="${classname}" name="${title}" time="${seconds.toFixed(3)}">
      ${outcomeOf(check)}
    </testcase>
`;
}

function outcomeOf({ status, seen, next }: CheckResult): Markup {
  const text = next === undefined ? seen : `${seen}\n→ ${next}`;
  switch (status) {
    case 'fail':
      return markup`<failure message="${seen}" type="fail">${text}</failure>`;
    case 'skipped':
      return markup`<skipped message="${seen}"/>`;
    case 'warn':
      return markup`<system-out>warn: ${text}</system-out>`;
    case 'pass':
      return markup`<system-out>${text}</system-out>`;
  }
}

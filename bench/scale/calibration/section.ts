import { milliseconds, row } from '../../part.ts';
import { percent } from '../percent.ts';
import type { Calibration } from './calibrate.ts';
import type { Case } from './settings.ts';

export function calibrationSection({ machine, date, attempts, runs, rows }: Calibration): string[] {
  const largest = Math.max(...rows.map(({ real, simulated }) => Math.abs(real - simulated)));
  return [
    '',
    '## The simulator and real Envoys',
    '',
    'The simulator has pods, slots, edges with workers, health checks as Envoy times them, round robin, retries on pods not',
    'tried yet, and the code of the endpoint picker itself. The same fleets also ran for real: server pods of',
    '`apps/ws-server` and Envoys with the bootstrap of `libs/edge` on loopback addresses, and connections that end and come',
    'again at random. Shares are of the attempts that found a slot within the tries, while one was free; ± is the 95 %',
    'confidence interval of the real one. All pods are one process; when it is late, it answers checks late, which the',
    'simulator does not know of.',
    '',
    '| pods × edges | free slots | admissions a second | full pods known by | tries | simulated | real | error | process late, p99 |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map((each) =>
      row(
        ...[`${each.pods} × ${each.edges}`, each.freeSlots, each.admissionsPerSecond, knownBy(each.case)],
        ...[each.case.tries, percent(each.simulated, 2)],
        `${percent(each.real, 2)} ± ${(100 * each.plusMinus).toFixed(2)}`,
        `${(100 * (each.simulated - each.real)).toFixed(2)} points`,
        milliseconds(1000 * each.lateSeconds),
      ),
    ),
    '',
    `Largest error: ${(100 * largest).toFixed(2)} points. ${attempts.toLocaleString('en')} attempts of each in ${runs} runs, on ${machine}, ${date}.`,
  ];
}

function knownBy({ checks, order, reports }: Case): string {
  const { intervalSeconds, fullIntervalSeconds, initialJitterSeconds = 0, full } = checks;
  if (reports) return reports.delaySeconds === 0 ? 'picker' : `picker, ${reports.delaySeconds} s late`;
  return [
    `checks every ${intervalSeconds} s`,
    ...(fullIntervalSeconds !== undefined
      ? [`of ${full === 'unhealthy' ? 'unhealthy ' : ''}full ones every ${fullIntervalSeconds} s`]
      : []),
    initialJitterSeconds > 0 ? 'spread' : 'all at once',
    order === 'same' ? 'one order' : 'each edge its own order',
  ].join(', ');
}

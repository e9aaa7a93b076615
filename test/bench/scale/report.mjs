import { printComparison, printLine } from '../report.mjs';
import { shown } from './goals.mjs';
import { engineNames } from './verification.mjs';

/** Prints the results of the parts as Markdown: first the goals, then what was measured in detail. */
export function printParts(results, { rounds, seconds }) {
  const measured = Object.values(results);
  for (const line of new Set(measured.map(({ surroundings }) => surroundings))) printLine(line);
  const dates = measured.map(({ measuredAt }) => measuredAt.slice(0, 16)).toSorted();
  printLine(`Measured from ${dates[0]} to ${dates.at(-1)} UTC. Medians of ${rounds} slices of ${seconds} s.\n`);
  printGoals(measured.flatMap(({ goals }) => goals));
  printLine('\nPages and lists have a command of their own: `npm run bench:lists`. Their goal is 50 ms.');
  const compared = measured.flatMap(({ curve = [], manyUsed = [], details = [] }) => [
    ...curve,
    ...manyUsed,
    ...details,
  ]);
  if (compared.length > 0) {
    printLine('\nVerification, with the app in the path, rules, uses, metrics and the internal listener:\n');
    printComparison(compared);
  }
  const { nodes, changes, backup } = results;
  if (nodes !== undefined) printCpu(nodes.cpu);
  if (changes !== undefined) printChanges(changes.changes);
  if (backup !== undefined) printBackup(backup.backup);
}

function printGoals(goals) {
  printLine('| measured | value | goal | |');
  printLine('|---|--:|--:|---|');
  for (const { name, value, unit = '', sign, limit, isReached } of goals) {
    const outcome = isReached ? 'reached' : `**missed: ${sign === '≥' ? 'below' : 'above'} the goal**`;
    printLine(`| ${name} | ${shown(value, unit)} | ${sign} ${limit} ${unit} | ${outcome} |`);
  }
}

function printCpu(cpu) {
  printLine('\n| CPU time of a verification | daemon, µs | PostgreSQL, µs | verifications per second of CPU time |');
  printLine('|---|--:|--:|--:|');
  for (const { name, daemonUs, databaseUs } of cpu) {
    const perSecond = Math.round(1e6 / (daemonUs + databaseUs)).toLocaleString('en');
    printLine(`| ${name} | ${daemonUs.toFixed(1)} | ${databaseUs.toFixed(1)} | ${perSecond} |`);
  }
}

function printChanges(changes) {
  printLine(
    '\n| changes | number | mails sent during them | events sent during them | the rest took, s | p99 of verification, ms |',
  );
  printLine('|---|--:|--:|--:|--:|--:|');
  for (const { kind, changed, mails, events, drainedAfter, p99 } of changes) {
    const rest = drainedAfter === null ? 'more than 60' : drainedAfter.toFixed(1);
    printLine(`| ${engineNames[kind]} | ${changed} | ${mails} | ${events} | ${rest} | ${(p99 / 1000).toFixed(1)} |`);
  }
}

function printBackup({ gigabytes, seconds, perSecond, p99, slowest }) {
  const ms = ({ during, without }) =>
    `${(during / 1000).toFixed(1)} ms during, ${(without / 1000).toFixed(1)} ms without`;
  printLine(
    `\nBackup of ${gigabytes.toFixed(1)} GB in ${seconds.toFixed(0)} s, with ${perSecond.toLocaleString('en')} verifications per second. ` +
      `99th percentile: ${ms(p99)}. Slowest: ${ms(slowest)}.`,
  );
}

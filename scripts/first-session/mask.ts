import { timesFor } from '../../cli/ui/times.ts';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** The time at which the recording pretends to begin. */
const storyStart = Date.parse('2027-03-02T08:35:00Z');
/** Days between the beginning and the dates that the story shows. A session that lasts beyond midnight must not change them. */
const knownDays = [0, 1, 30, 90, 180];
const prefixes = ['tok_4a7bK2mw', 'tok_8fK2b1Qz', 'tok_Qm3vT9xa', 'tok_e5Zp0LrC'];

export interface Recorded {
  /** The texts to replace, and their replacements: addresses, directories and versions. */
  readonly words: ReadonlyArray<readonly [real: string, shown: string]>;
  readonly startedAt: number;
  readonly timeZone: string;
}

/** Returns a function that replaces what differs between two recordings. It remembers values, so that each is the same everywhere. */
export function createMask({ words, startedAt, timeZone }: Recorded): (text: string) => string {
  const isTTY = true;
  const stream = { isTTY, columns: 100, write: async () => undefined };
  const times = timesFor(stream, { now: () => new Date(storyStart), timeZone });
  const shifted = (time: number) =>
    new Date(storyStart + Math.round((time - startedAt) / hourMs) * hourMs).toISOString();
  const seenPrefixes = new Map<string, string>();
  const seenIds = new Map<string, string>();
  const prefixFor = (real: string) =>
    remember(seenPrefixes, real, (count) => prefixes[count] ?? `tok_${String(count).padStart(8, '0')}`);
  const idFor = (real: string) =>
    remember(seenIds, real, (count) => `019ab2c4-5f7e-7c3a-9d52-${String(count + 1).padStart(12, '0')}`);
  // Dates are in the zone, and it may be tomorrow there.
  const startedThere = Date.parse(`${new Date(startedAt).toLocaleString('sv-SE', { timeZone })} UTC`);
  const dateFor = (text: string) => {
    const days = (Date.parse(`${text} 12:00 UTC`) - startedThere) / dayMs;
    const nearest = knownDays.reduce((one, other) => (Math.abs(other - days) < Math.abs(one - days) ? other : one));
    return new Date(storyStart + nearest * dayMs).toISOString();
  };
  const rules: Array<readonly [pattern: RegExp, shown: (text: string) => string]> = [
    [/tok_[0-9A-Za-z]{38}/g, (text) => `${prefixFor(text.slice(0, 12))}${'•'.repeat(30)}`],
    [/tok_[0-9A-Za-z]{8}(?![0-9A-Za-z•])/g, prefixFor],
    [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, idFor],
    [
      /\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d UTC[+-]\d\d:\d\d/g,
      (text) => times.exact(shifted(Date.parse(text.replace('UTC', 'GMT')))),
    ],
    [/\b\d{1,2} [A-Z][a-z]{2} \d{4}\b(?!, \d)/g, (text) => times.expiryDate(dateFor(text))],
    [/(?<=on )\d{1,2} [A-Z][a-z]+ \d{4}(?=\.| \()/g, (text) => times.dateInWords(dateFor(text))],
    [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (text) => shifted(Date.parse(text))],
    [/\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d/g, () => '2027-02-24 to 2027-03-02'],
    [/(?<=^Date: ).*/gim, () => 'Tue, 02 Mar 2027 08:35:00 GMT'],
    [/\b\d+ (second|minute)s? ago|\bnow(?= ·|\)|$| {2})/gm, () => '3 seconds ago'],
    [/curl\/[\d.]+/g, () => 'curl/8.14.1'],
    [/"pid":\d+/g, () => '"pid":4711'],
  ];
  return (text) => {
    const named = words.reduce((shown, [real, word]) => shown.replaceAll(real, word), text);
    return rules.reduce((shown, [pattern, replace]) => shown.replaceAll(pattern, replace), named);
  };
}

function remember(seen: Map<string, string>, real: string, next: (count: number) => string): string {
  const shown = seen.get(real) ?? next(seen.size);
  seen.set(real, shown);
  return shown;
}

/** Aligns the columns of tables again after their cells were masked. The first line of a table is in capitals. */
export function realign(lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const parts = lines.join('\n').split('\n\n');
  const isTable = (part: string) => /^[A-Z]+( [A-Z]+)* {2}[A-Z ]+$/.test(part.split('\n')[0] ?? '');
  return parts
    .map((part) => (isTable(part) ? alignTable(part.split('\n')) : part))
    .join('\n\n')
    .split('\n');
}

/** Columns are separated by two spaces at least. */
function alignTable(lines: readonly string[]): string {
  const rows = lines.map((line) => line.split(/ {2,}/));
  const widthOf = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const cells = rows.map((row) => row.map((cell, column) => cell.padEnd(widthOf(column))));
  return cells.map((row) => row.join('  ').trimEnd()).join('\n');
}

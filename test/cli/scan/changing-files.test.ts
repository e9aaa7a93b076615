import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createMatcher } from '../../../cli/scan/match.ts';
import { scanFile } from '../../../cli/scan/scan-file.ts';
import { createSearch } from '../../../cli/scan/search.ts';
import { newDirectory, newValue } from '../../helpers/scan/values.ts';

const mebibyte = 1024 ** 2;

/** Scans a file, and calls `change` after each part that was read. Returns the places of the findings, and the warnings. */
async function scanWhile(path: string, change: () => void) {
  const [places, warnings]: [string[], string[]] = [[], []];
  const sink = {
    add: ({ line, column }: { line: number; column: number }) => places.push(`${line}:${column}`),
    warn: (text: string) => warnings.push(text),
    skip: (path: string) => warnings.push(path),
    keepUp: async () => change(),
    isCancelled: () => false,
  };
  await scanFile(createSearch(createMatcher(['tok'])), sink, path);
  return { places, warnings };
}

async function newFile(content: string | Buffer): Promise<string> {
  const path = join(await newDirectory(), 'file');
  await writeFile(path, content);
  return path;
}

it('ends where a file ends that becomes shorter while it is read', async () => {
  const value = newValue();
  const path = await newFile(`${value}\n`.padEnd(4 * mebibyte, 'x\n'));
  expect(await scanWhile(path, () => truncateSync(path, 10))).toEqual({ places: ['1:1'], warnings: [] });
});

it('does not count the lines for ever if they are gone when a value is found', async () => {
  const path = await newFile('x\n'.repeat(mebibyte / 4) + newValue());
  // What follows the lines was read already when they vanish.
  const { places } = await scanWhile(path, () => truncateSync(path, 0));
  expect(places.length).toBeLessThanOrEqual(1);
});

it('reads bytes that are added to a file while it is read, and reads them once', async () => {
  const path = await newFile('x\n'.repeat(mebibyte / 2));
  let added = 0;
  const { places } = await scanWhile(path, () => {
    if (added < 5) appendFileSync(path, `${newValue()}\n`);
    added += 1;
  });
  expect(places).toEqual([1, 2, 3, 4, 5].map((line) => `${mebibyte / 2 + line}:1`));
});

it('never joins bytes of one file with bytes of the file before', async () => {
  const value = newValue();
  const [first, second] = [await newFile(`${'x'.repeat(20)}${value}`), await newFile(value.slice(0, 20).padStart(40))];
  const places: string[] = [];
  const sink = {
    add: () => places.push(''),
    warn: () => {},
    skip: () => {},
    keepUp: () => undefined,
    isCancelled: () => false,
  };
  const search = createSearch(createMatcher(['tok']));
  await scanFile(search, sink, first);
  await scanFile(search, sink, second);
  expect(places).toHaveLength(1);
});

it('says the line and column of every value, wherever it is in files of several chunks', async () => {
  const path = await newFile('');
  for (let round = 0; round < 40; round += 1) {
    const expected: string[] = [];
    let [text, line, column] = ['', 1, 1];
    while (text.length < 700_000) {
      const filler = '.'.repeat(Math.floor(Math.random() * 60_000));
      text += filler;
      column += filler.length;
      if (Math.random() < 0.5) {
        expected.push(`${line}:${column}`);
        const value = newValue();
        text += value;
        column += value.length;
      }
      if (Math.random() < 0.7) [text, line, column] = [`${text}\n`, line + 1, 1];
    }
    writeFileSync(path, text);
    expect((await scanWhile(path, () => {})).places).toEqual(expected);
  }
});

it('finds a value that is the whole file, in every encoding, with a byte order mark or without', async () => {
  const value = newValue();
  const wide = Buffer.from(value, 'utf16le');
  const swapped = Buffer.from(wide).swap16();
  const marked = [
    [0xff, 0xfe],
    [0xfe, 0xff],
    [0xef, 0xbb, 0xbf],
  ].map((mark) => Buffer.from(mark));
  const columns: Array<[Buffer, string]> = [
    [Buffer.from(value), '1:1'],
    [wide, '1:1'],
    [swapped, '1:1'],
    [Buffer.concat([marked[0] as Buffer, wide]), '1:3'],
    [Buffer.concat([marked[1] as Buffer, swapped]), '1:3'],
    [Buffer.concat([marked[2] as Buffer, Buffer.from(value)]), '1:4'],
  ];
  for (const [content, place] of columns) {
    expect((await scanWhile(await newFile(content), () => {})).places).toEqual([place]);
  }
});

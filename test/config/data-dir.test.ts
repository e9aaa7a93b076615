import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDataDir } from '../../server/commands/check/data-dir.ts';
import { prepareDataDir } from '../../server/config/data-dir.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tokensd-data-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe('the data directory', () => {
  it.each([
    ['with files of other programs', 0o755, ['index.html']],
    ['that several users share, although it is empty', 0o1777, []],
    ['that several users share, although it holds a database', 0o1777, ['tokens.db']],
  ])('is left alone %s', async (_what, mode, names) => {
    for (const name of names) writeFileSync(join(dataDir, name), '');
    chmodSync(dataDir, mode);
    const refusal = `Other users can open the data directory ${dataDir}, and it is not a directory of tokensd alone.`;
    expect(() => prepareDataDir(dataDir)).toThrow(refusal);
    expect(modeOf(dataDir)).toBe(mode.toString(8));
    expect(readdirSync(dataDir)).toEqual(names);
    expect(await checkDataDir({ dataDir })).toMatchObject([
      { state: 'failed', detail: expect.stringContaining(refusal) },
    ]);
  });

  it.each([[[]], [['lost+found']], [['tokens.db', 'tokens.db-wal', 'mail', 'notes.txt']], [['mail', 'internal.sock']]])(
    'gets mode 700 if it holds %j',
    (names) => {
      for (const name of names) writeFileSync(join(dataDir, name), '');
      chmodSync(dataDir, 0o755);
      prepareDataDir(dataDir);
      expect(modeOf(dataDir)).toBe('700');
    },
  );

  it('is used as it is if others cannot open it', () => {
    writeFileSync(join(dataDir, 'index.html'), '');
    chmodSync(dataDir, 0o700);
    expect(() => prepareDataDir(dataDir)).not.toThrow();
  });
});

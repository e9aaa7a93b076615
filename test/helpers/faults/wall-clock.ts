import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasRealParts } from '../peers/real-parts.ts';

export const wallClockCanBeSet = hasRealParts('faketime');

export interface WallClock {
  /** Environment that makes a process use this clock. Its monotonic clock stays that of the machine. */
  env: Record<string, string>;
  /** Sets the offset to the machine's clock in seconds, also for running processes. */
  set(seconds: number): void;
  /** Returns the time of this clock in milliseconds. */
  now(): number;
  remove(): void;
}

export function createWallClock(): WallClock {
  const directory = mkdtempSync(join(tmpdir(), 'tokensd-clock-'));
  const path = join(directory, 'offset');
  let offset = 0;
  const set = (seconds: number) => {
    offset = seconds;
    writeFileSync(`${path}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${path}.new`, path);
  };
  set(0);
  return {
    env: {
      LD_PRELOAD: library(),
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    set,
    now: () => Date.now() + offset * 1000,
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/** Returns the path of the faketime library for programs with threads. */
function library(): string {
  for (const architecture of readdirSync('/usr/lib')) {
    const directory = join('/usr/lib', architecture, 'faketime');
    const name = 'libfaketimeMT.so.1';
    if (architecture.includes('linux') && readdirSync(join('/usr/lib', architecture)).includes('faketime')) {
      return join(directory, name);
    }
  }
  throw new Error('faketime is installed, but its library was not found');
}

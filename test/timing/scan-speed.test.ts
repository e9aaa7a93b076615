import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { expect, it } from 'vitest';
import { programCommand, runProgram } from '../helpers/daemon/process.ts';
import { isFullLength } from '../helpers/length.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';
import { newDirectory, newValue } from '../helpers/scan/values.ts';

const mebibyte = 1024 ** 2;

/** Preloaded script that reports the most memory that the process had. */
const recorder = `process.on('exit', () => {
  require('node:fs').writeFileSync(process.env.MEMORY_REPORT, String(process.resourceUsage().maxRSS * 1024));
});`;

/** Writes that much source text, with a value at its end. */
async function writeText(path: string, bytes: number, { gzip = false } = {}): Promise<void> {
  const line = 'export function read_value(path: string): token_value { return files.get(path)?.key ?? null; }\n';
  const chunk = Buffer.from(line.repeat(Math.ceil(mebibyte / line.length))).subarray(0, mebibyte);
  const file = createWriteStream(path);
  const target = gzip ? createGzip({ level: 1 }) : file;
  if (gzip) target.pipe(file);
  for (let written = 0; written < bytes; written += mebibyte) {
    if (!target.write(chunk)) await once(target, 'drain');
  }
  target.end(newValue());
  await finished(file);
}

async function scan(directory: string, path: string) {
  const report = join(directory, 'memory');
  await writeFile(join(directory, 'recorder.cjs'), recorder);
  const env = { MEMORY_REPORT: report, NODE_OPTIONS: `--require ${join(directory, 'recorder.cjs')}` };
  const began = performance.now();
  const { code, stdout } = await runProgram('tokens', ['scan', '--offline', path], { env });
  const ms = performance.now() - began;
  expect({ code, findings: stdout.match(/valid-shape/g)?.length }).toEqual({ code: 4, findings: 1 });
  return { ms, memory: Number(await readFile(report, 'utf8')) };
}

it('scans 1 GiB at 200 MB/s or better, in memory that does not grow with the file', async () => {
  const directory = await newDirectory();
  const [small, large, compressed] = ['small.txt', 'large.txt', 'large.gz'].map((name) => join(directory, name));
  await writeText(small ?? '', 8 * mebibyte);
  await writeText(large ?? '', 1024 * mebibyte);
  await writeText(compressed ?? '', 1024 * mebibyte, { gzip: true });
  const base = await scan(directory, small ?? '');
  const scanned = await scan(directory, large ?? '');
  const unpacked = await scan(directory, compressed ?? '');
  // The file is read twice: once to search it, and once to count its lines.
  const speed = (1024 * mebibyte) / 1e6 / (scanned.ms / 1000);
  expect(speed).toBeGreaterThan(200);
  expect(scanned.memory - base.memory).toBeLessThan(32 * mebibyte);
  expect(unpacked.memory - base.memory).toBeLessThan(64 * mebibyte);
}, 120_000);

/** Writes that many files of 1 to 8 KiB of source text. */
function writeSmallFiles(directory: string, count: number): void {
  const line = 'export function read_value(path: string): token_value { return files.get(path)?.key ?? null; }\n';
  const text = line.repeat(100);
  for (let index = 0; index < count; index += 1) {
    const parent = join(directory, `${index % 10}`, `${Math.floor(index / 400)}`);
    if (index % 400 < 10) mkdirSync(parent, { recursive: true });
    writeFileSync(join(parent, `file-${index}.ts`), text.slice(0, 1024 + ((index * 997) % 7168)));
  }
}

/** Runs a program to its end and returns the processor time that it takes, in milliseconds. Other work on the machine hardly changes it. */
function processorTimeOf(command: readonly string[], expectedStatus: number): number {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" > /dev/null 2>&1';
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C' };
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...command], { env, encoding: 'utf8' });
  expect(status).toBe(expectedStatus);
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number);
  return 1000 * (user + system);
}

it.skipIf(!hasRealParts('rg', 'bash'))(
  'scans small files at 0.3 of the speed of ripgrep on one core, or faster',
  async () => {
    const directory = await newDirectory();
    writeSmallFiles(directory, 20_000);
    const scanning = programCommand('tokens', ['scan', '--offline', '--no-ignore', directory]);
    // Like the scan, this reads hidden, ignored and binary files.
    const searching = ['rg', '-j1', '--text', '--hidden', '--no-ignore', 'tok_', directory];
    const best = { scan: Infinity, ripgrep: Infinity, start: Infinity };
    for (let round = 0; round < (isFullLength ? 15 : 5); round += 1) {
      best.scan = Math.min(best.scan, processorTimeOf(scanning, 0));
      best.ripgrep = Math.min(best.ripgrep, processorTimeOf(searching, 1));
      best.start = Math.min(best.start, processorTimeOf(programCommand('tokens', ['--version']), 0));
    }
    const ratio = best.ripgrep / best.scan;
    const times = `${best.scan.toFixed()} ms, of which ${best.start.toFixed()} ms to start; ripgrep ${best.ripgrep.toFixed()} ms`;
    process.stdout.write(`small files: ${ratio.toFixed(2)} of ripgrep's speed (${times})\n`);
    expect(ratio).toBeGreaterThan(0.3);
  },
  120_000,
);

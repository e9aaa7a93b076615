import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { expect, it } from 'vitest';
import { runProgram } from '../helpers/daemon/process.ts';
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

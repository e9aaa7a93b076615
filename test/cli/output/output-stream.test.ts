import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { outputStream } from '../../../shared/output-stream.ts';

let directory: string;
let descriptor: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tokens-output-'));
});
afterEach(() => {
  closeSync(descriptor);
  rmSync(directory, { recursive: true });
});

const unexpected = () => {
  throw new Error('The stream was opened.');
};

it('writes short text into a file, and knows that it is no terminal, without opening a stream', async () => {
  descriptor = openSync(join(directory, 'out'), 'w');
  const stream = outputStream(descriptor, unexpected);
  expect([stream.isTTY, stream.columns]).toEqual([false, 80]);
  await stream.write('one é\n');
  await stream.write('two\n');
  expect(readFileSync(join(directory, 'out'), 'utf8')).toBe('one é\ntwo\n');
});

it.each([[[16 * 1024 + 1]], [[16 * 1024, 1]]])(
  'opens a stream for what could fill a pipe: writes of %j bytes',
  async (lengths) => {
    descriptor = openPipe();
    const opened = new PassThrough();
    const received = text(opened);
    const stream = outputStream(descriptor, () => opened as unknown as NodeJS.WriteStream);
    for (const length of lengths) await stream.write('x'.repeat(length));
    opened.end();
    expect(await received).toHaveLength(lengths.at(-1) ?? 0);
  },
);

it('opens a stream if a pipe is full', async () => {
  descriptor = openPipe();
  expect(() => {
    for (;;) writeSync(descriptor, 'x'.repeat(4096));
  }).toThrow('EAGAIN');
  const opened = new PassThrough();
  const stream = outputStream(descriptor, () => opened as unknown as NodeJS.WriteStream);
  await stream.write('the rest');
  expect(await text(opened.end())).toBe('the rest');
});

/** Returns the descriptor of a pipe from which nobody reads. */
function openPipe(): number {
  const path = join(directory, 'pipe');
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
}

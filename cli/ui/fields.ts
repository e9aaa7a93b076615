import type { OutputStream } from '../context.ts';
import { sanitize } from './sanitize.ts';

/** Prints `Label: value` lines. On a terminal the values are aligned; in a pipe one tab separates label and value. */
export async function printFields(stream: OutputStream, fields: readonly (readonly [string, string])[]): Promise<void> {
  const width = Math.max(...fields.map(([label]) => label.length)) + 2;
  const lines = fields.map(([label, value]) => {
    const head = `${label}:`;
    return stream.isTTY ? `${head.padEnd(width)}${sanitize(value)}`.trimEnd() : `${head}\t${sanitize(value)}`;
  });
  await stream.write(`${lines.join('\n')}\n`);
}

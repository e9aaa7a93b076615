import type { OutputStream } from '../context.ts';
import { plain } from './plain.ts';

/** One thing as `Label: value` lines; in a pipe the value follows a single tab. */
export async function printFields(stream: OutputStream, fields: readonly (readonly [string, string])[]): Promise<void> {
  const width = Math.max(...fields.map(([label]) => label.length)) + 2;
  const lines = fields.map(([label, value]) => {
    const head = `${label}:`;
    return stream.isTTY ? `${head.padEnd(width)}${plain(value)}`.trimEnd() : `${head}\t${plain(value)}`;
  });
  await stream.write(`${lines.join('\n')}\n`);
}

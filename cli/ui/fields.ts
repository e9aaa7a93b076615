import type { OutputStream } from '../context.ts';
import { sanitize } from './sanitize.ts';

/** A label, its value and, if the value needs attention, its color on a terminal. */
export type Field = readonly [label: string, value: string, paint?: ((text: string) => string) | undefined];

/**
 * Prints `Label: value` lines. On a terminal the values are aligned and empty ones left out. In a pipe, one tab separates label and value.
 */
export async function printFields(stream: OutputStream, fields: readonly Field[]): Promise<void> {
  const shown = stream.isTTY ? fields.filter(([, value]) => value !== '') : fields;
  const width = Math.max(...shown.map(([label]) => label.length)) + 2;
  const lines = shown.map(([label, value, paint = (text) => text]) => {
    const head = `${label}:`;
    return stream.isTTY ? `${head.padEnd(width)}${paint(sanitize(value))}`.trimEnd() : `${head}\t${sanitize(value)}`;
  });
  await stream.write(`${lines.join('\n')}\n`);
}

import type { OutputStream } from '../context.ts';

/** JSON for a stream: indented for a person at a terminal, else on one line. DEL and C1 controls are escaped too. */
export async function printJson(stream: OutputStream, value: unknown): Promise<void> {
  await stream.write(`${toJson(value, stream.isTTY ? 2 : 0)}\n`);
}

/** JSON in which U+007F–U+009F, which terminals may obey, are written as `\u00XX`. */
export function toJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}

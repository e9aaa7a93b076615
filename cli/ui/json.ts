import type { Pages } from '../api/pages.ts';
import type { OutputStream } from '../context.ts';

/** Prints JSON, indented on a terminal, else on one line. */
export async function printJson(stream: OutputStream, value: unknown): Promise<void> {
  await stream.write(`${toJson(value, stream.isTTY ? 2 : 0)}\n`);
}

/** Prints an array like `printJson`, page by page. If a page fails, the array stays open: partial output is not valid JSON. */
export async function printJsonArray(stream: OutputStream, pages: Pages<unknown>): Promise<void> {
  const [before, after] = stream.isTTY ? ['\n  ', '\n'] : ['', ''];
  let written = 0;
  for await (const page of pages) {
    const items = page.map((item) => before + toJson(item, stream.isTTY ? 2 : 0).replaceAll('\n', '\n  '));
    const start = written === 0 ? '[' : ',';
    if (items.length > 0) await stream.write(start + items.join(','));
    written += items.length;
  }
  await stream.write(written === 0 ? '[]\n' : `${after}]\n`);
}

/** Returns JSON. Writes U+007F–U+009F as `\u00XX`, because terminals may interpret them. */
export function toJson(value: unknown, indent = 0): string {
  return escapeControls(JSON.stringify(value, null, indent));
}

/** Writes U+007F–U+009F in JSON as `\u00XX`. */
export function escapeControls(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

import type { Context, OutputStream, Prompts } from '../context.ts';

const esc = '\u001b';
const ownStyle = String.raw`${esc}\[(?:[0-7]|9|2[0-9]|3[0-79]|4[0-79]|9[0-7])m`;
const ownClearLine = String.raw`\r${esc}\[2K`;
/** Matches what the program itself writes (styles of chalk, the clearing of a line), or captures another control character. */
const ownSequenceOrControl = new RegExp(String.raw`${ownStyle}|${ownClearLine}|((?![\n\t])\p{Cc})`, 'gu');

/**
 * Removes control characters, except line breaks, tabs and the sequences that the program itself writes. A server could
 * otherwise retitle the terminal, clear it or hide text.
 */
export function plain(text: string): string {
  return text.replace(ownSequenceOrControl, (match, control: string | undefined) =>
    control === undefined ? match : '',
  );
}

/**
 * Returns a context whose streams and questions write no control characters. `sanitize` also protects the lines and fields
 * of an output, but a command could forget it. No command can bypass this.
 */
export function withPlainOutput(ctx: Context): Context {
  return {
    ...ctx,
    stdout: plainStream(ctx.stdout),
    stderr: plainStream(ctx.stderr),
    prompts: async () => plainPrompts(await ctx.prompts()),
  };
}

/** Leaves `stream` untouched until it is used. */
function plainStream(stream: OutputStream): OutputStream {
  return {
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
    write: (text) => stream.write(plain(text)),
  };
}

function plainPrompts(prompts: Prompts): Prompts {
  return {
    text: (question, options) => prompts.text(plain(question), options),
    optionalText: (question) => prompts.optionalText(plain(question)),
    secret: (question) => prompts.secret(plain(question)),
    choose: (question, choices) => prompts.choose(plain(question), choices),
    confirm: (question) => prompts.confirm(plain(question)),
  };
}

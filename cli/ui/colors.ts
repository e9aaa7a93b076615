import { Chalk, type ChalkInstance } from 'chalk';
import type { Context, GlobalOptions, OutputStream } from '../context.ts';

/** Returns the colors for a stream: none if it is no terminal, or with `NO_COLOR`, `TERM=dumb` or `--no-color`. */
export function colorsFor(stream: OutputStream, ctx: Context, options: GlobalOptions): ChalkInstance {
  const wanted = stream.isTTY && !ctx.env.NO_COLOR && ctx.env.TERM !== 'dumb' && options.color !== false;
  return new Chalk({ level: wanted ? 1 : 0 });
}

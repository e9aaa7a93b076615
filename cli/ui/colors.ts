import { Chalk, type ChalkInstance } from 'chalk';
import type { Context, GlobalOptions, OutputStream } from '../context.ts';

/**
 * Returns the colors for a stream: none if it is not a terminal, because programs read it, or with `--no-color`, `NO_COLOR` or
 * `TERM=dumb`. `FORCE_COLOR` overrides the last two, and turns colors off if it is 0.
 */
export function colorsFor(stream: OutputStream, ctx: Context, options: GlobalOptions): ChalkInstance {
  const { NO_COLOR, FORCE_COLOR, TERM } = ctx.env;
  const isWanted = FORCE_COLOR ? FORCE_COLOR !== '0' && FORCE_COLOR !== 'false' : !NO_COLOR && TERM !== 'dumb';
  const wanted = stream.isTTY && isWanted && options.color !== false;
  return new Chalk({ level: wanted ? 1 : 0 });
}

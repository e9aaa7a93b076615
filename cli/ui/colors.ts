import { Chalk, type ChalkInstance } from 'chalk';
import type { Context, GlobalOptions, OutputStream } from '../context.ts';

/** Colours for one stream: none unless it is a terminal and neither `NO_COLOR`, `TERM=dumb` nor `--no-color` forbids. */
export function colorsFor(stream: OutputStream, ctx: Context, options: GlobalOptions): ChalkInstance {
  const wanted = stream.isTTY && !ctx.env.NO_COLOR && ctx.env.TERM !== 'dumb' && options.color !== false;
  return new Chalk({ level: wanted ? 1 : 0 });
}

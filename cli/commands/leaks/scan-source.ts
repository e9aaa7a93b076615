import { statSync } from 'node:fs';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import type { Source } from '../../scan/scan.ts';

export interface ScanOptions extends GlobalOptions {
  git?: string;
  staged?: boolean;
  unreferenced?: boolean;
  offline?: boolean;
  prefix?: string[];
  /** False with `--no-ignore`. */
  ignore?: boolean;
}

/** Returns the source to search that the arguments and options name. @throws CliError `usage` */
export function sourceOf(ctx: Context, paths: readonly string[], options: ScanOptions): Source {
  const git = gitSourceOf(options);
  if (git !== null) {
    if (paths.length > 0) throw localError('usage', 'Give paths, or --git or --staged, not both.');
    return { kind: 'git', git, env: ctx.env, signal: ctx.signal };
  }
  if (options.unreferenced) throw localError('usage', '--unreferenced needs --git.');
  if (paths.includes('-')) {
    if (paths.length > 1) throw localError('usage', 'Give - for standard input, or paths, not both.');
    return { kind: 'stdin', read: () => ctx.stdin.read() };
  }
  const named = paths.length === 0 ? ['.'] : paths;
  const missing = named.find((path) => statSync(path, { throwIfNoEntry: false }) === undefined);
  if (missing !== undefined) throw localError('usage', `There is no file or directory "${missing}". Check the path.`);
  return { kind: 'paths', paths: named, respectIgnore: options.ignore ?? true, env: ctx.env, signal: ctx.signal };
}

function gitSourceOf({ git, staged, unreferenced = false }: ScanOptions) {
  if (staged) return { kind: 'staged' } as const;
  if (git === undefined) return null;
  const revisions = git.split(' ').filter((word) => word !== '');
  // Git would take such a word for an option. Some options write files.
  if (revisions.length === 0 || revisions.some((word) => word.startsWith('-'))) {
    throw localError('usage', `"${git}" is no range of commits. Give one such as main..HEAD.`);
  }
  return { kind: 'commits', revisions, unreferenced } as const;
}

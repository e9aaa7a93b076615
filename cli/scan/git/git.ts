import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { systemCode } from '../../errors.ts';
import type { Search } from '../search.ts';
import type { Sink } from '../sink.ts';
import { createDiffReader } from './diff-reader.ts';

/** The lines to search: those of the staged changes, or those that commits added. */
export type GitSource =
  | { readonly kind: 'staged' }
  | {
      readonly kind: 'commits';
      /** Revisions as for `git log`. None begins with `-`. */
      readonly revisions: readonly string[];
      /** Leaves out the commits that a branch or tag contains. */
      readonly unreferenced: boolean;
    };

/** Every option that a configuration file could set otherwise. Neither shows only a part of the lines, nor runs another program. */
const diffOptions = [
  ...['--text', '--unified=0', '--inter-hunk-context=0', '--no-renames', '--no-relative', '--no-color'],
  ...['--no-ext-diff', '--no-textconv', '--submodule=short', '--src-prefix=a/', '--dst-prefix=b/'],
];
const settings = ['-c', 'core.quotePath=false', '-c', 'log.showRoot=true', '-c', 'log.showSignature=false'];
const logOptions = ['--patch', '-c', '--format=tformat:commit %H', '--no-notes', '--no-decorate'];

const maxErrorCharacters = 300;

/** Searches the added lines. Returns why this failed, or null. */
export async function scanGit(
  search: Search,
  sink: Sink,
  source: GitSource,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const child = spawn('git', [...settings, ...argumentsOf(source)], {
      env,
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'close');
    // An error is reported below. Without a listener here, it would end the program while the output is read.
    ended.catch(() => undefined);
    let message = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      message = (message + text).slice(0, maxErrorCharacters);
    });
    const reader = createDiffReader(search, sink);
    for await (const chunk of child.stdout) {
      reader.push(chunk);
      await sink.keepUp(chunk.length);
    }
    const [code] = await ended;
    if (code !== 0) return message.trim().split('\n')[0] || `Git ended with exit code ${code}`;
    reader.end();
    return null;
  } catch (error) {
    if (sink.isCancelled()) throw error;
    if (systemCode(error) === 'ENOENT') return 'there is no command git';
    throw error;
  }
}

function argumentsOf(source: GitSource): string[] {
  if (source.kind === 'staged') return ['diff', '--cached', ...diffOptions, '--'];
  const excluded = source.unreferenced ? ['--not', '--all'] : [];
  return ['log', ...logOptions, ...diffOptions, ...source.revisions, ...excluded, '--'];
}

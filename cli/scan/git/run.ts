import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** How to run Git. */
export interface GitContext {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Git failed. The message is the first line of what Git said. */
export class GitError extends Error {}

/**
 * Settings that hold for every command. A ref below `refs/replace/` would show another commit in place of the one that is
 * searched. Anyone who may push can push such a ref.
 */
const settings = [
  '--no-replace-objects',
  ...['-c', 'core.quotePath=false', '-c', 'log.showRoot=true', '-c', 'log.showSignature=false'],
];

const maxErrorCharacters = 300;

/** Runs Git, and yields what it prints. `input` is its standard input. @throws GitError if Git fails */
export async function* runGit(
  { env, signal }: GitContext,
  args: readonly string[],
  input: Iterable<string> | AsyncIterable<Buffer> = [],
): AsyncGenerator<Buffer> {
  // A file of grafts would change the parents of commits. This path names no file.
  const child = spawn('git', [...settings, ...args], { env: { ...env, GIT_GRAFT_FILE: '/dev/null/none' }, signal });
  const ended = once(child, 'close');
  const fed = pipeline(Readable.from(input), child.stdin);
  // Errors are reported below. Without a listener here, they would end the program while the output is read.
  for (const promise of [ended, fed]) promise.catch(() => undefined);
  let message = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    message = (message + text).slice(0, maxErrorCharacters);
  });
  try {
    yield* child.stdout;
    const [code] = await ended;
    if (code !== 0) throw new GitError(message.trim().split('\n')[0] || `Git ended with exit code ${code}`);
    // The input can be the output of another command that failed.
    await fed;
  } finally {
    child.kill();
  }
}

/** Runs Git, and returns what it prints. @throws GitError if Git fails */
export async function readGit(git: GitContext, args: readonly string[], input?: Iterable<string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of runGit(git, args, input)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

import { constants, openSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { type GitSource, scanGit } from './git/git.ts';
import { createMatcher } from './match.ts';
import { scanFile } from './scan-file.ts';
import { createSearch, type Search } from './search.ts';
import type { Sink } from './sink.ts';
import { createTrackedFiles } from './tracked.ts';
import { walk } from './walk.ts';

/** The source to search. */
export type Source =
  | {
      readonly kind: 'paths';
      readonly paths: readonly string[];
      readonly respectIgnore: boolean;
      readonly env: Readonly<Record<string, string | undefined>>;
      readonly signal: AbortSignal;
    }
  | { readonly kind: 'stdin'; readonly read: () => AsyncIterable<Uint8Array> }
  | {
      readonly kind: 'git';
      readonly git: GitSource;
      readonly env: Readonly<Record<string, string | undefined>>;
      readonly signal: AbortSignal;
    };

/**
 * Searches a source for values of these product prefixes. Memory does not grow with its size. Returns why Git failed, or null. This
 * module is loaded on its own, so it throws no errors of this program: the caller would not recognize their class.
 */
export async function scan(source: Source, prefixes: readonly string[], sink: Sink): Promise<string | null> {
  const search = createSearch(createMatcher(prefixes));
  switch (source.kind) {
    case 'git':
      return scanGit(search, sink, source.git, { env: { ...source.env }, signal: source.signal });
    case 'stdin':
      await scanStream(search, sink, '-', source.read());
      return null;
    case 'paths':
      for (const path of source.paths) await scanPath(search, sink, path, source);
      return null;
  }
}

type PathsSource = Extract<Source, { kind: 'paths' }>;

async function scanStream(search: Search, sink: Sink, file: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  search.begin((hit) => sink.add({ file, ...hit }));
  for await (const chunk of chunks) {
    search.push(chunk);
    await sink.keepUp(chunk.length);
  }
  search.end();
}

/** Searches a file, or the files below a directory. A path that the user names is followed if it is a symbolic link. */
async function scanPath(
  search: Search,
  sink: Sink,
  path: string,
  { respectIgnore, env, signal }: PathsSource,
): Promise<void> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFIFO()) return scanStream(search, sink, path, readPipe(path, signal));
  if (stats?.isDirectory() !== true) return scanFile(search, sink, path, { follow: true });
  const onUnreadable = (directory: string, code: string) => sink.skip(directory, code);
  const tracked = createTrackedFiles(sink, env);
  for (const file of walk(path, { respectIgnore, onUnreadable, onRepository: tracked.add })) {
    tracked.found(file);
    const rest = scanFile(search, sink, file);
    if (rest !== undefined) await rest;
  }
  for (const file of tracked.rest()) await scanFile(search, sink, file);
}

/** Reads a named pipe, or what a shell passes as `<(command)`. Waits for a writer, and stops waiting when the signal aborts. */
function readPipe(path: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false, signal });
}

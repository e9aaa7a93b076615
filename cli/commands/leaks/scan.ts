import { type Command, Option } from 'commander';
import { count } from '../../../shared/count.ts';
import type { Context } from '../../context.ts';
import { hasCode, localError } from '../../errors.ts';
import { repeated } from '../../input/repeated.ts';
import type { LookUp } from '../../scan/findings/look-up.ts';
import { checkPrefixes, findServer, prefixesOf } from '../../scan/prefixes.ts';
import { connect } from '../../session/connect.ts';
import type { Server } from '../../session/server-url.ts';
import { warn } from '../../ui/notes.ts';
import { type ScanOptions, sourceOf } from './scan-source.ts';

export function defineScan(command: Command, ctx: Context): void {
  command
    .argument('[path...]', 'Files and directories to search, or - for standard input (default: this directory)')
    .description(
      'Find values of tokens in files, directories, archives (zip and tar, also gzipped), standard input or a Git repository. Print where they are, and never the values themselves. With a session or a management key, the server says which of them are live: it receives only their hashes. Exit with code 4 if a value is live, or with --offline if there is any value. Otherwise, exit with code 1 if a file cannot be read.',
    )
    .addOption(
      new Option('--git <range>', 'Search the lines that these commits added, such as main..HEAD').conflicts('staged'),
    )
    .option('--staged', 'Search the lines that the next Git commit adds')
    .option('--unreferenced', 'With --git: leave out commits that a branch or tag contains')
    .option('--offline', 'Check only the format and the checksum, and ask no server')
    .option('--prefix <prefix>', "Prefix of values, instead of the server's; can be repeated", repeated)
    .option('--no-ignore', 'Also search files that Git ignores')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens scan\n  $ tokens scan --git origin/main..HEAD\n  $ journalctl | tokens scan -',
    )
    .action((paths: string[], _options, command: Command) => runScan(ctx, paths, command.optsWithGlobals()));
}

async function runScan(ctx: Context, paths: readonly string[], options: ScanOptions): Promise<void> {
  const source = sourceOf(ctx, paths, options);
  const given = checkPrefixes(options.prefix ?? []);
  const server = options.offline ? null : await findServer(ctx, options);
  const prefixes = given.length > 0 ? given : await prefixesOf(ctx, options, server);
  const [{ scan }, { createCollector }, { createPrinter }, { createProgressLine }] = await Promise.all([
    import('../../scan/scan.ts'),
    import('../../scan/findings/collector.ts'),
    import('../../scan/findings/printer.ts'),
    import('../../scan/findings/progress-line.ts'),
  ]);
  const collector = createCollector(ctx, {
    lookUp: await lookUpFor(ctx, options, server),
    printer: createPrinter(ctx.stdout, options.json ?? false),
    progress: createProgressLine(ctx, options),
  });
  const failure = await scan(source, prefixes, collector);
  const { live, skipped } = await collector.finish();
  if (failure !== null)
    throw localError('usage', `Git cannot list the lines: ${failure}. Check the range and the repository.`);
  if (live > 0) throw found(live, options.offline || server === null);
  if (server === null) await warn(ctx, options, foundNone(prefixes, given.length > 0));
  if (skipped > 0) throw incomplete(skipped);
}

/** Returns the look-up at the server, or one that asks nobody if there is no server or no session. */
async function lookUpFor(ctx: Context, options: ScanOptions, server: Server | null): Promise<LookUp> {
  const { offlineLookUp, onlineLookUp } = await import('../../scan/findings/look-up.ts');
  if (server === null) {
    if (!options.offline) await warn(ctx, options, 'No server is configured, so no server says which values are live.');
    return offlineLookUp();
  }
  try {
    const { api } = await connect(ctx, options);
    return onlineLookUp(api);
  } catch (error) {
    if (!hasCode(error, 'not-signed-in')) throw error;
    await warn(ctx, options, `Not signed in to ${server.url}, so no server says which values are live.`);
    return offlineLookUp();
  }
}

/** Names the prefixes that the scan looked for. Otherwise nobody would notice a wrong prefix. */
function foundNone(prefixes: readonly string[], areGiven: boolean): string {
  const what = `Found no value with the prefix ${prefixes.join(' or ')}.`;
  return areGiven ? what : `${what} If your server uses another, name it with --prefix.`;
}

function found(live: number, offline: boolean) {
  const [one, many] = offline
    ? ['well-formed value', 'well-formed values']
    : ['value of a token that works or can be resumed', 'values of tokens that work or can be resumed'];
  const what = live === 1 ? `1 ${one}` : `${many} in ${count(live, 'place')}`;
  return localError('value-found', `Found ${what}. Revoke or rotate the tokens, and remove the values.`);
}

function incomplete(skipped: number) {
  const what = count(skipped, 'file or directory', 'files or directories');
  return localError('scan-incomplete', `Found nothing, but ${what} could not be read. See the warnings above.`);
}

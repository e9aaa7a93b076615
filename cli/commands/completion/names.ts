import type { Context } from '../../context.ts';
import { findEntry, resolveServer } from '../../session/find-server.ts';
import { knownNames, type NameKind, nameKinds, rememberNames } from '../../session/known-names.ts';
import type { NamesOptions } from './read-names.ts';

/**
 * Names are offered only within this many milliseconds since the start of the process. With its start and end, a person waits
 * less than 300 ms.
 */
const maxMs = 230;
/**
 * Minimum time for loading the network stack and a request to a near server. Loading blocks the process, so no timer could end
 * it.
 */
const minNetworkMs = 60;

/**
 * Prints the names that can follow on a command line, one per line, for the completion scripts: `argv` is
 * `__complete KIND [--server URL] [--service-account NAME | --user EMAIL]`. Prints nothing if the names cannot be found
 * in time. Never asks a question, never opens a locked keychain, and never fails.
 */
export async function printNames(ctx: Context, argv: readonly string[]): Promise<void> {
  const kind = nameKinds.find((one) => one === argv[1]);
  if (kind === undefined || ctx.env.TOKENS_COMPLETE === 'static') return;
  const silent = { isTTY: false, columns: 80, write: async () => undefined };
  const { names, remember } = await findNames({ ...ctx, stderr: silent }, kind, optionsIn(argv)).catch(() => nothing);
  await ctx.stdout.write(names.map((name) => `${name}\n`).join(''));
  // The process ends afterwards. It must not end in the middle of the write, whose temporary file would stay.
  await remember?.().catch(() => undefined);
}

interface Found {
  readonly names: readonly string[];
  /** Saves names that came from the server. */
  readonly remember?: () => Promise<void>;
}

const nothing: Found = { names: [] };

async function findNames(ctx: Context, kind: NameKind, options: NamesOptions): Promise<Found> {
  const list = [kind, options.serviceAccount ?? '', options.user ?? ''].join(' ').trim();
  const entry = await findEntry(ctx, await resolveServer(ctx, options));
  // The owner of a session or key from the environment is not known.
  const { TOKENS_SESSION, TOKENS_KEY, TOKENS_KEY_FILE } = ctx.env;
  const isGiven = Boolean(TOKENS_SESSION || TOKENS_KEY || TOKENS_KEY_FILE);
  const member = isGiven ? null : entry;
  const known = member && (await knownNames(ctx, member, list));
  if (known) return { names: known };
  if (member === null && !isGiven) return nothing;
  const names = await inTime(ctx, async (limited) => {
    if (entry?.credentialStore === 'keychain' && !(await ctx.keychainIsUnlocked())) return null;
    const { readNames } = await import('./read-names.ts');
    return readNames(limited, kind, options);
  });
  if (names === null) return nothing;
  return { names, ...(member && { remember: () => rememberNames(ctx, member, list, names) }) };
}

/** Returns what `read` returns, or null if it fails or too little time is left for it. */
async function inTime(
  ctx: Context,
  read: (limited: Context) => Promise<string[] | null>,
): Promise<readonly string[] | null> {
  const leftMs = maxMs - ctx.sinceStart();
  if (leftMs < minNetworkMs) return null;
  const late = new AbortController();
  const tooLate = ctx.sleep(leftMs).then(
    () => null,
    () => null,
  );
  const limited = { ...ctx, signal: AbortSignal.any([ctx.signal, late.signal]) };
  const names = await Promise.race([read(limited).catch(() => null), tooLate]);
  late.abort();
  return names;
}

function optionsIn(argv: readonly string[]): NamesOptions {
  const valueAfter = (option: string) => {
    const at = argv.lastIndexOf(option);
    return at === -1 ? undefined : argv[at + 1];
  };
  const [server, serviceAccount, user] = ['--server', '--service-account', '--user'].map(valueAfter);
  return {
    ...(server !== undefined && { server }),
    ...(serviceAccount !== undefined && { serviceAccount }),
    ...(user !== undefined && { user }),
  };
}

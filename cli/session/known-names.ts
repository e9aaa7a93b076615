import type { Context } from '../context.ts';
import { configDirectory, type ServerEntry } from './config-file.ts';

/** The names that completion offers. */
export const nameKinds = ['token', 'member', 'app', 'service-account'] as const;
export type NameKind = (typeof nameKinds)[number];

interface KnownNames {
  /** RFC 3339. */
  readonly at: string;
  readonly names: readonly string[];
}

const fileName = 'completion.json';
const maxAgeMs = 60_000;

/** Returns the names that `rememberNames` saved for this member within the last minute, or null. */
export async function knownNames(ctx: Context, entry: ServerEntry, list: string): Promise<readonly string[] | null> {
  const known = (await readAll(ctx))[keyOf(entry, list)];
  if (!known) return null;
  const age = ctx.now().getTime() - Date.parse(known.at);
  return age >= 0 && age < maxAgeMs ? known.names : null;
}

/** Saves names for the next completions. The file contains no secret, and its mode is 0600. */
export async function rememberNames(
  ctx: Context,
  entry: ServerEntry,
  list: string,
  names: readonly string[],
): Promise<void> {
  // Two shells that save at the same time may lose one of the lists, which is then read again.
  const saved: KnownNames = { at: ctx.now().toISOString(), names };
  const text = JSON.stringify({ ...(await readAll(ctx)), [keyOf(entry, list)]: saved });
  await configDirectory(ctx).write(fileName, `${text}\n`, { durable: false });
}

/** Removes the names of every server, also those that a killed completion left in a temporary file. The next completion asks its server again. */
export async function forgetNames(ctx: Context): Promise<void> {
  await configDirectory(ctx)
    .removeWithLeftovers(fileName)
    .catch(() => undefined);
}

function keyOf({ url, email }: ServerEntry, list: string): string {
  return `${url} ${email} ${list}`;
}

/** A damaged file counts as an empty one: it is written anew. */
async function readAll(ctx: Context): Promise<Record<string, KnownNames>> {
  try {
    const value: unknown = JSON.parse((await configDirectory(ctx).read(fileName)) ?? '{}');
    const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
    return Object.fromEntries(entries.filter((entry): entry is [string, KnownNames] => isKnownNames(entry[1])));
  } catch {
    return {};
  }
}

function isKnownNames(value: unknown): value is KnownNames {
  const { at, names } = (value ?? {}) as Partial<Record<keyof KnownNames, unknown>>;
  return typeof at === 'string' && Array.isArray(names) && names.every((name) => typeof name === 'string');
}

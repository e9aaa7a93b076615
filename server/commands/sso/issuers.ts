import { count } from '../../../shared/count.ts';
import { readConfig } from '../../config/config.ts';
import { prepareDataDir } from '../../config/data-dir.ts';
import { CommandError, type Context } from '../../context.ts';
import { systemClock } from '../../domain/clock.ts';
import { createServices } from '../../services.ts';
import type { Store } from '../../store/store.ts';
import { openDatabase } from '../open-database.ts';

/** Opens the database for a command about issuers. A daemon may run beside it. */
export async function withServices<T>(
  context: Context,
  work: (parts: ReturnType<typeof createServices> & { store: Store; issuerInSettings: string | null }) => Promise<T>,
): Promise<T> {
  const config = readConfig(context.env);
  prepareDataDir(config.dataDir);
  const store = await openDatabase(config);
  try {
    await store.migrate();
    const services = createServices({ store, clock: systemClock, config, mailQueued: () => {} });
    return await work({ ...services, store, issuerInSettings: config.oidc?.issuer ?? null });
  } finally {
    await store.close();
  }
}

/** Returns the number of members with an identity at an issuer. @throws CommandError 3 if there is none, with the issuers that exist */
export async function countMembers({ users }: Pick<Store, 'users'>, issuer: string): Promise<number> {
  const issuers = await users.issuers();
  const found = issuers.find((one) => one.issuer === issuer);
  if (found !== undefined) return found.members;
  if (issuers.length === 0) throw new CommandError('No member is connected to single sign-on.', 3);
  const nearly = issuers.find((one) => differOnlyBySlash(one.issuer, issuer));
  const hint = nearly && `, only at ${nearly.issuer}: write the issuer ${slashOf(nearly.issuer)} a final slash`;
  const list = issuers.map((one) => `\n  ${one.issuer} (${count(one.members, 'member')})`).join('');
  throw new CommandError(`No member has an identity at ${issuer}${hint ?? ''}. These issuers exist:${list}`, 3);
}

export function differOnlyBySlash(one: string, other: string): boolean {
  return one !== other && one.replace(/\/$/, '') === other.replace(/\/$/, '');
}

/** Returns the word for an issuer with or without its final slash. */
export function slashOf(issuer: string): 'with' | 'without' {
  return issuer.endsWith('/') ? 'with' : 'without';
}

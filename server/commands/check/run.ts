import type { Config } from '../../config/config.ts';
import { CommandError, type Context } from '../../context.ts';
import { systemClock } from '../../domain/clock.ts';
import { checkMail } from '../../mail/check-mail.ts';
import { checkDatabase } from '../../store/open.ts';
import { checkAddresses } from './addresses.ts';
import { checkAuditLog } from './audit-log.ts';
import { type Check, type CheckGroup, formatChecks, runChecks } from './check.ts';
import { checkDataDir } from './data-dir.ts';
import { checkInternal } from './internal.ts';
import { checkSettings } from './settings.ts';

/** Limit for each group of checks. They run at the same time, so the command takes hardly longer. */
const limitMs = 10_000;

export interface CheckOptions {
  json?: boolean;
}

/**
 * Checks the set-up and prints one line per check. Changes nothing, so it works before the first start and beside a
 * running daemon.
 *
 * @throws CommandError without a message: 2 if a setting is invalid, 1 if another check failed
 */
export async function runCheck(context: Context, { json = false }: CheckOptions): Promise<void> {
  const { checks: ofSettings, config } = checkSettings(context.env);
  const { checks: others, abandoned } = await runChecks(config === null ? [] : groupsFor(config, context), limitMs);
  const checks = [...ofSettings, ...others];
  await context.stdout.write(json ? `${JSON.stringify({ checks }, null, 2)}\n` : formatChecks(checks));
  const exit = config === null ? 2 : checks.some(({ state }) => state === 'failed') ? 1 : 0;
  // An abandoned connection would keep the process alive.
  if (abandoned) context.exitNow(exit);
  if (exit !== 0) throw new CommandError('', exit);
}

function groupsFor(config: Config, { uid }: Context): CheckGroup[] {
  return [
    { name: 'data directory', run: () => checkDataDir(config) },
    { name: 'audit log', run: () => checkAuditLog(config, uid) },
    { name: 'database', run: () => checkDatabaseOf(config) },
    { name: 'mail server', run: () => checkMail(config) },
    { name: 'sso', run: () => checkProvider(config) },
    { name: 'public URL', run: () => checkAddresses(config) },
    { name: 'internal listener', run: () => checkInternal(config) },
  ];
}

const databaseNames: Record<string, string> = { connection: 'database', passkeys: 'passkeys' };

async function checkDatabaseOf({ databaseUrl, publicUrl }: Config): Promise<Check[]> {
  const findings = await checkDatabase(databaseUrl, () => systemClock.now(), new URL(publicUrl).hostname);
  return findings.map(({ subject, ok, detail }) => ({
    name: databaseNames[subject] ?? `database ${subject}`,
    state: ok ? 'ok' : 'failed',
    detail,
  }));
}

// The OIDC client is imported only if single sign-on is configured, because it takes time to load.
async function checkProvider(config: Config): Promise<Check[]> {
  if (config.oidc === null) return [];
  const { checkIdentityProvider } = await import('../../sso/check.ts');
  const checks = await checkIdentityProvider(config, systemClock);
  return checks.map(({ name, state, detail }) => ({ name, state, detail }));
}

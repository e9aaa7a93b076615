import type { Config } from '../config/config.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../observability/log.ts';
import { checkIdentityProvider } from './check.ts';
import type { LastContact } from './last-contact.ts';

/**
 * Checks the identity provider when the daemon starts and logs what is wrong. A provider that does not respond is logged
 * too, but it neither delays nor stops the daemon, which works without single sign-on.
 */
export async function logProviderCheck(
  config: Pick<Config, 'oidc' | 'proxy' | 'publicUrl'>,
  { clock, log, contact }: { clock: Clock; log: Log; contact: Pick<LastContact, 'record'> },
): Promise<void> {
  try {
    const checks = await checkIdentityProvider(config, clock);
    contact.record(checks.some(({ name, state }) => name === 'sso discovery' && state === 'ok'));
    for (const { name, state, detail, setting, isOutage } of checks) {
      const fields = { check: name, ...(setting && { setting }) };
      if (state === 'failed' && !isOutage) log.error(fields, detail);
      else if (state !== 'ok') log.warn(fields, detail);
    }
  } catch (err) {
    log.error({ err }, 'the identity provider could not be checked');
  }
}

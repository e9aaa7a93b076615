import { readableRules } from '../../../domain/tokens/rules/shown-rules.ts';
import type { AppDeps } from '../../../http/context.ts';
import type { TokenRecord } from '../../../store/records.ts';

/** The address that snippets call with a new token. */
export interface CalledAddress {
  url: URL;
  /** The name of the app there. Null for this server, which returns the token's own record. */
  app: string | null;
}

/**
 * Returns the address of the first app of the token that has one. Otherwise, returns the address at which this server returns the
 * record of the presented token. A failure must not cost the value, which no other page shows, so it counts like an app without
 * an address.
 */
export async function calledAddress(
  { apps, config }: Pick<AppDeps, 'apps'> & { config: Pick<AppDeps['config'], 'publicUrl'> },
  token: Pick<TokenRecord, 'rules' | 'manage'>,
): Promise<CalledAddress> {
  for (const id of token.manage === null ? (readableRules(token.rules).apps ?? []) : []) {
    const app = await apps.get(id).catch(() => null);
    if (app?.url) return { url: new URL(app.url), app: app.name };
  }
  return { url: new URL(`${config.publicUrl}/api/v1/token`), app: null };
}

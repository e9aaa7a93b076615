import { ProblemError } from '../../../shared/problem.ts';
import type { AppContext, AppDeps } from '../../http/context.ts';
import type { ListedAuditRecord } from '../../store/records.ts';
import { appPath } from '../apps/app-paths.ts';
import { clientPath } from '../clients/client-paths.ts';
import { serviceAccountPath } from '../service-accounts/service-account-paths.ts';
import { memberPath } from '../team/team-paths.ts';
import { tokenPath } from '../tokens/token-paths.ts';
import { trustPath } from '../trusts/trust-paths.ts';
import { webhookPath } from '../webhooks/webhook-paths.ts';

export type LinkedDeps = Pick<
  AppDeps,
  'tokens' | 'users' | 'serviceAccounts' | 'apps' | 'clients' | 'trusts' | 'webhooks'
>;

/** Paths of the pages about the actor and the target of an event. Null if there is no such page for its reader. */
export interface PagesOfEvent {
  actor: string | null;
  target: string | null;
}

/** Looks up the actor and the target, because either may be deleted since. */
export async function pagesOfEvent(
  deps: LinkedDeps,
  c: AppContext,
  { actor, target }: Pick<ListedAuditRecord, 'actor' | 'target'>,
): Promise<PagesOfEvent> {
  return { actor: await pageOf(deps, c, actor), target: await pageOf(deps, c, target) };
}

async function pageOf(
  { tokens, users, serviceAccounts, apps, clients, trusts, webhooks }: LinkedDeps,
  c: AppContext,
  { kind, id }: { kind: string; id: string | null },
): Promise<string | null> {
  const caller = c.get('caller');
  const pages: Record<string, (id: string) => Promise<[found: unknown, path: string]>> = {
    user: async (id) => [await users.get(caller, id), memberPath(id)],
    'service-account': async (id) => [await serviceAccounts.get(caller, id), serviceAccountPath(id)],
    token: async (id) => [await tokens.get(caller, id).catch(() => tokens.getEnded(caller, id)), tokenPath(id)],
    app: async (id) => [await apps.get(id), appPath(id)],
    client: async (id) => [await clients.get(caller, id), clientPath(id)],
    trust: async (id) => [await trusts.get(caller, id), trustPath(id)],
    webhook: async (id) => [await webhooks.get(caller, id), webhookPath(id)],
  };
  const find = pages[kind];
  if (find === undefined || id === null) return null;
  try {
    const [, path] = await find(id);
    return path;
  } catch (error) {
    if (error instanceof ProblemError) return null;
    throw error;
  }
}

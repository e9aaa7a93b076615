import type { Api } from '../api/client.ts';
import { allOrphans } from '../api/find/find-orphans.ts';
import type { Step } from './plan/step.ts';
import { members } from './sections/members.ts';
import { serviceAccounts } from './sections/service-accounts.ts';

/**
 * Reads which service accounts have no enabled maintainer before the steps are carried out. Returns a function that reads them again, and
 * returns the names of those that the steps added.
 */
export async function watchOrphans(api: Api, steps: readonly Step[]): Promise<() => Promise<string[]>> {
  if (!steps.some(mayOrphan)) return async () => [];
  const before = new Set(await allOrphans(api));
  return async () => {
    // The run may have failed because the server cannot be reached. That failure must be reported, not the one of this read.
    const after = await allOrphans(api).catch(() => []);
    return after.filter((name) => !before.has(name));
  };
}

/** Whether a step can leave a service account without an enabled maintainer. A new service account may have none from the start. */
function mayOrphan({ section, action, wanted }: Step): boolean {
  if (section === members) return wanted.disabled === true;
  return section === serviceAccounts && (action === 'create' || wanted.maintainers !== undefined);
}

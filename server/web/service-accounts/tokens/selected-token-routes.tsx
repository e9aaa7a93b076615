import { Hono } from 'hono';
import { requireSuperuser } from '../../../domain/caller.ts';
import type { AppEnv } from '../../../http/context.ts';
import { ownerFilterNames, readFilter } from '../../tokens/all/token-filters.ts';
import { askAboutSelection, changeSelection, type SelectionDeps } from '../../tokens/selection/routes.tsx';
import { type AccountDeps, findAccount, mayChangeAccount } from '../facts-of-account.ts';
import { serviceAccountPath, serviceAccountsPath } from '../service-account-paths.ts';

/** Routes that pause and revoke the selected tokens of a service account, for superusers and its maintainers. */
export function selectedAccountTokens(deps: AccountDeps & SelectionDeps) {
  const path = `${serviceAccountsPath}/:id/selected` as const;
  return new Hono<AppEnv>()
    .get(path, async (c) => {
      const account = await findAccount(deps, c);
      if (!(await mayChangeAccount(deps, c, account))) return c.notFound();
      const filter = readFilter(c, ownerFilterNames);
      const { all: _, ...rest } = filter.query;
      const query = { ...rest, serviceAccount: account.name };
      return askAboutSelection(deps, c, serviceAccountPath(account.id), { ...filter, query });
    })
    .post(path, async (c) => {
      const account = await findAccount(deps, c);
      if (!(await mayChangeAccount(deps, c, account))) requireSuperuser(c.get('caller'));
      return changeSelection(deps, c, serviceAccountPath(account.id));
    });
}

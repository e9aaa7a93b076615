import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import {
  type EditServiceAccountBody,
  editServiceAccountBodySchema,
} from '../../../shared/schemas/accounts/service-accounts.ts';
import type { AppContext, AppEnv } from '../../http/context.ts';
import type { ServiceAccountSummary } from '../../store/records.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import { parseForm, text } from '../shell/form-values.ts';
import type { MessageDeps } from '../shell/messages/messages.ts';
import { startPath } from '../shell/return-path.ts';
import { asksForEnded, renderEndedList } from '../tokens/ended/ended-routes.tsx';
import { statusOfOwnerList } from '../tokens/list/counted-page.ts';
import { searchForPrefix } from '../tokens/list/search-for-prefix.ts';
import { EditServiceAccountDialog } from './edit-service-account-dialog.tsx';
import { type AccountDeps, factsOfAccount, findAccount, mayChangeAccount } from './facts-of-account.ts';
import type { RejectedMaintainer } from './maintainers-section.tsx';
import {
  AccountActionDialog,
  accountActions,
  isAccountAction,
  possibleAccountActions,
  RemoveMaintainerDialog,
} from './service-account-actions.tsx';
import { editAccountBody, editAccountForm, readEditAccountForm } from './service-account-form.ts';
import { ServiceAccountPage } from './service-account-page.tsx';
import { serviceAccountPath, serviceAccountsPath } from './service-account-paths.ts';
import { requestedTokenDialog } from './tokens/account-token-routes.tsx';

/** Routes of `/organization/service-accounts/{id}`: one service account, for superusers, its maintainers and auditors, who only read it. */
export function serviceAccountPage(deps: AccountDeps & MessageDeps) {
  const { serviceAccounts, trusts, messages } = deps;
  const path = `${serviceAccountsPath}/:id` as const;

  return new Hono<AppEnv>()
    .get(path, async (c) => {
      const account = await findAccount(deps, c);
      if (asksForEnded(c)) {
        const list = { path: serviceAccountPath(account.id), section: serviceAccountsPath, account: account.name };
        return renderEndedList(deps, c, list);
      }
      const found = searchForPrefix(c);
      if (found !== null) return found;
      const mayChange = await mayChangeAccount(deps, c, account);
      const dialog =
        mayChange && ((await requestedDialog(c, account)) ?? (await requestedTokenDialog(deps, c, account)));
      return c.render(await page(c, account, { dialog }), statusOfOwnerList(c));
    })
    .post(`${path}/edit`, async (c) => {
      const account = await findAccount(deps, c);
      const form = readEditAccountForm(await c.req.parseBody());
      try {
        const body = editAccountBody(form);
        if (body !== null) await serviceAccounts.edit(c.get('caller'), account.id, body);
        return messages.redirect(c, serviceAccountPath(account.id), 'service-account-changed', account.name);
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code !== 'invalid-fields') throw problem;
        const dialog = <EditServiceAccountDialog account={account} form={form} problem={problem} />;
        return renderProblem(c, problem, await page(c, account, { dialog }));
      }
    })
    .post(`${path}/maintainers/add`, async (c) => {
      const account = await findAccount(deps, c);
      const email = text((await c.req.parseBody()).email).trim();
      try {
        await serviceAccounts.edit(c.get('caller'), account.id, addBody(email));
        return messages.redirect(c, serviceAccountPath(account.id), 'maintainer-added', email, account.name);
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code !== 'invalid-fields' && problem.code !== 'throttled') throw problem;
        return renderProblem(c, problem, await page(c, account, { rejectedMaintainer: { email, problem } }));
      }
    })
    .post(`${path}/maintainers/remove`, async (c) => {
      const { id, name, maintainers } = await findAccount(deps, c);
      const email = text((await c.req.parseBody()).email);
      const { user } = c.get('caller');
      // Somebody else may have removed the maintainer since the dialog was shown.
      if (maintainers.includes(email)) await serviceAccounts.edit(c.get('caller'), id, { remove_maintainers: [email] });
      if (email === user.email && !user.superuser) return messages.redirect(c, startPath, 'no-longer-maintainer', name);
      return messages.redirect(c, serviceAccountPath(id), 'maintainer-removed', email, name);
    })
    .post(`${path}/:action`, async (c) => {
      const action = c.req.param('action');
      if (!isAccountAction(action)) return c.notFound();
      const { id, name } = await findAccount(deps, c);
      if (action === 'delete') await serviceAccounts.delete(c.get('caller'), id);
      else await serviceAccounts.edit(c.get('caller'), id, { disabled: action === 'disable' });
      const next = action === 'delete' ? serviceAccountsPath : serviceAccountPath(id);
      return messages.redirect(c, next, accountActions[action].success, name);
    });

  async function page(
    c: AppContext,
    account: ServiceAccountSummary,
    rest: { dialog?: Child; rejectedMaintainer?: RejectedMaintainer },
  ) {
    return <ServiceAccountPage {...(await factsOfAccount(deps, c, account))} {...rest} />;
  }

  /** Returns the dialog about the account that `?dialog=` names, or undefined for another name. */
  async function requestedDialog(c: AppContext, account: ServiceAccountSummary): Promise<Child> {
    const caller = c.get('caller');
    const { superuser, email: ownEmail } = caller.user;
    const { dialog: name, email = '' } = c.req.query();
    if (name === 'edit') {
      return <EditServiceAccountDialog account={account} form={editAccountForm(account, superuser)} />;
    }
    if (name === 'remove-maintainer' && account.maintainers.includes(email)) {
      const losesAccess = email === ownEmail && !superuser;
      return <RemoveMaintainerDialog account={account} email={email} losesAccess={losesAccess} />;
    }
    if (!superuser || !isAccountAction(name) || !possibleAccountActions(account).includes(name)) return undefined;
    const lost = await trusts.ofServiceAccount(caller, account.id);
    return <AccountActionDialog action={name} account={account} trusts={lost.map((trust) => trust.name)} />;
  }
}

function addBody(email: string): EditServiceAccountBody {
  return parseForm(editServiceAccountBodySchema, { add_maintainers: [email] });
}

import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerServiceAccountsCreate } from './create.ts';
import { registerServiceAccountsDelete } from './delete.ts';
import { registerServiceAccountsDisable } from './disable.ts';
import { registerServiceAccountsEdit } from './edit.ts';
import { registerServiceAccountsEnable } from './enable.ts';
import { registerServiceAccountsList } from './list.ts';
import { registerServiceAccountsShow } from './show.ts';

/** Defines `tokens service-accounts` and its commands. */
export function defineServiceAccounts(accounts: Command, ctx: Context): void {
  accounts.description(
    'Manage service accounts. A service account owns tokens, and nobody signs in with it. Members maintain it, and get the mails about its tokens.',
  );
  accounts.addHelpText('after', '\nExample:\n  $ tokens service-accounts create ci --maintainer ada@example.com');
  for (const register of commands) register(accounts, ctx);
}

const commands = [
  registerServiceAccountsCreate,
  registerServiceAccountsList,
  registerServiceAccountsShow,
  registerServiceAccountsEdit,
  registerServiceAccountsDisable,
  registerServiceAccountsEnable,
  registerServiceAccountsDelete,
];

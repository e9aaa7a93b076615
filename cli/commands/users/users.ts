import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerUsersAdd } from './adding/add.ts';
import { registerUsersData } from './data.ts';
import { registerUsersDemote } from './demote.ts';
import { registerUsersDisable } from './disable.ts';
import { registerUsersEdit } from './edit.ts';
import { registerUsersEnable } from './enable.ts';
import { registerUsersInvite } from './invite.ts';
import { registerUsersDelete } from './leaving/delete.ts';
import { registerUsersErase } from './leaving/erase.ts';
import { registerUsersList } from './list.ts';
import { registerUsersPromote } from './promote.ts';
import { registerUsersResetTotp } from './reset-totp.ts';
import { registerUsersUnbind } from './unbind.ts';

/** Defines `tokens users` and its commands. */
export function defineUsers(users: Command, ctx: Context): void {
  users.description('Manage the members of the organization.');
  users.addHelpText('after', '\nExample:\n  $ tokens users list');
  for (const register of commands) register(users, ctx);
}

const commands = [
  registerUsersList,
  registerUsersAdd,
  registerUsersInvite,
  registerUsersEdit,
  registerUsersDisable,
  registerUsersEnable,
  registerUsersPromote,
  registerUsersDemote,
  registerUsersResetTotp,
  registerUsersDelete,
  registerUsersErase,
  registerUsersData,
  registerUsersUnbind,
];

import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerClientsCreate } from './create.ts';
import { registerClientsDelete } from './delete.ts';
import { registerClientsEdit } from './edit.ts';
import { registerClientsList } from './list.ts';
import { registerClientsRotate } from './rotate.ts';

/** Defines `tokens clients` and its commands. */
export function defineClients(clients: Command, ctx: Context): void {
  clients.description('Manage OAuth clients: the API servers that verify tokens by introspection.');
  clients.addHelpText('after', '\nExample:\n  $ tokens clients create api-gateway');
  for (const register of commands) register(clients, ctx);
}

const commands = [
  registerClientsCreate,
  registerClientsList,
  registerClientsEdit,
  registerClientsRotate,
  registerClientsDelete,
];

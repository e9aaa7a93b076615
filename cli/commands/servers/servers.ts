import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerServersList } from './list.ts';
import { registerServersRemove } from './remove.ts';
import { registerServersUse } from './use.ts';

/** Defines `tokens servers` and its commands. */
export function defineServers(servers: Command, ctx: Context): void {
  servers.description('Manage the servers you signed in to from this machine.');
  servers.addHelpText('after', '\nExample:\n  $ tokens servers list');
  for (const register of commands) register(servers, ctx);
}

const commands = [registerServersList, registerServersUse, registerServersRemove];

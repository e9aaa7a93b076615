import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerAppsCreate } from './create.ts';
import { registerAppsDelete } from './delete.ts';
import { registerAppsEdit } from './edit.ts';
import { registerAppsList } from './list.ts';
import { registerAppsShow } from './show.ts';

/** Defines `tokens apps` and its commands. */
export function defineApps(apps: Command, ctx: Context): void {
  apps.description('Manage apps: the applications that your proxy protects.');
  apps.addHelpText('after', '\nExample:\n  $ tokens apps create grafana --url https://grafana.example.com');
  for (const register of commands) register(apps, ctx);
}

const commands = [registerAppsCreate, registerAppsList, registerAppsShow, registerAppsEdit, registerAppsDelete];

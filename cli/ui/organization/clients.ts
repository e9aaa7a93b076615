import type { Client, CreatedClient } from '../../../shared/schemas/accounts/clients.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { printFields } from '../fields.ts';
import { printJson } from '../json.ts';
import { note } from '../notes.ts';
import { type Column, printTable } from '../table.ts';
import { timesFor } from '../times.ts';

export async function printClients(ctx: Context, options: GlobalOptions, clients: readonly Client[]): Promise<void> {
  const times = timesFor(ctx.stdout, ctx);
  const columns: Column<Client>[] = [
    { head: 'NAME', text: (client) => client.name },
    { head: 'CLIENT ID', text: (client) => client.client_id },
    {
      head: 'MAY REVOKE',
      text: (client) => (client.can_revoke ? 'yes' : 'no'),
      whenNarrow: [{ order: 3, width: 0 }],
    },
    {
      head: 'MAY REPORT',
      text: (client) => (client.can_report ? 'yes' : 'no'),
      whenNarrow: [{ order: 2, width: 0 }],
    },
    {
      head: 'CREATED',
      text: (client) => times.ago(client.created_at),
      whenNarrow: [{ order: 1, width: 0 }],
    },
  ];
  await printTable(ctx, options, columns, [clients]);
}

/** Prints a new client secret, which cannot be shown again. */
export async function printClientSecret(ctx: Context, options: GlobalOptions, client: CreatedClient): Promise<void> {
  if (options.json) return printJson(ctx.stdout, client);
  await printFields(ctx.stdout, [
    ['Client ID', client.client_id],
    ['Client secret', client.client_secret],
  ]);
  if (ctx.stdout.isTTY) await note(ctx, options, 'Copy the secret now: it cannot be shown again.');
}

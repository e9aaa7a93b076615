import { foldName } from '../../../shared/names.ts';
import type { Client } from '../../../shared/schemas/accounts/clients.ts';
import { localError } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { clientShape, pageShape } from '../shapes.ts';
import { didYouMean } from './close-names.ts';

/** Returns the OAuth client with this name or client ID. @throws CliError `client-not-found`. */
export async function findClient(api: Api, name: string): Promise<Client> {
  const clients = await listClients(api);
  const folded = foldName(name);
  const found = clients.find((client) => foldName(client.name) === folded || client.client_id === name);
  if (found) return found;
  const guess = didYouMean(
    name,
    clients.map((client) => client.name),
  );
  throw localError(
    'client-not-found',
    `There is no client "${sanitize(name)}".${guess} Run \`tokens clients list\` to see all clients.`,
  );
}

export function listClients(api: Api): Promise<Client[]> {
  return collect((query) => expectBody(api.clients.$get({ query }), pageShape(clientShape)));
}

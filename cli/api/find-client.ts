import { foldName } from '../../shared/names.ts';
import type { Client } from '../../shared/schemas/clients.ts';
import { localError } from '../errors.ts';
import { plain } from '../ui/plain.ts';
import type { Api } from './client.ts';
import { collect } from './pages.ts';
import { unwrap } from './unwrap.ts';

/** The service with this name, or this client id. Throws `client-not-found`. */
export async function findClient(api: Api, name: string): Promise<Client> {
  const clients = await collect((query) => unwrap(api.clients.$get({ query })));
  const folded = foldName(name);
  const found = clients.find((client) => foldName(client.name) === folded || client.client_id === name);
  if (found) return found;
  throw localError('client-not-found', `There is no service "${plain(name)}". See them with \`tokens clients list\`.`);
}

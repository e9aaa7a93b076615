import type { Client, CreateClientBody, EditClientBody } from '../../../shared/schemas/accounts/clients.ts';
import { collect } from '../../api/pages.ts';
import { expectBody, expectSuccess, expectTagged } from '../../api/responses.ts';
import { clientShape, createdClientShape, pageShape } from '../../api/shapes.ts';
import { ifMatch, type Present, type Section } from './section.ts';

export const clients: Section = {
  name: 'clients',
  scopes: { read: 'clients', write: 'clients' },
  rotation: 'tokens clients rotate NAME',
  list: async (api) =>
    (await collect((query) => expectBody(api.clients.$get({ query }), pageShape(clientShape)))).map(presentClient),
  async read(api, id) {
    const { body, etag } = await expectTagged(api.clients[':id'].$get({ param: { id } }), clientShape);
    return { ...presentClient(body), etag };
  },
  async create(api, fields) {
    const json = fields as CreateClientBody;
    return (await expectBody(api.clients.$post({ json }), createdClientShape)).client_secret;
  },
  change: (api, id, etag, fields) =>
    expectSuccess(api.clients[':id'].$patch({ param: { id }, json: fields as EditClientBody, ...ifMatch(etag) })),
  remove: (api, id, etag) => expectSuccess(api.clients[':id'].$delete({ param: { id }, ...ifMatch(etag) })),
};

function presentClient({ id, name, can_revoke, can_report }: Client): Present {
  return { id, fields: { name, can_revoke, can_report } };
}

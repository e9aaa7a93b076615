import type {
  CreateServiceAccountBody,
  EditServiceAccountBody,
  ServiceAccount,
} from '../../../shared/schemas/accounts/service-accounts.ts';
import type { Api } from '../../api/client.ts';
import { collect } from '../../api/pages.ts';
import { expectBody, expectSuccess, expectTagged } from '../../api/responses.ts';
import { serviceAccountShape } from '../../api/service-account-shapes.ts';
import { pageShape } from '../../api/shapes.ts';
import { type Fields, ifMatch, type Present, type Section } from './section.ts';

export const serviceAccounts: Section = {
  name: 'service_accounts',
  scopes: { read: 'service-accounts', write: 'service-accounts' },
  folded: ['maintainers'],
  list: async (api) => (await collect((query) => readPage(api, query))).map(presentAccount),
  async read(api, id) {
    const { body, etag } = await expectTagged(
      api['service-accounts'][':id'].$get({ param: { id } }),
      serviceAccountShape,
    );
    return { ...presentAccount(body), etag };
  },
  async create(api, { disabled, ...fields }) {
    const json = fields as CreateServiceAccountBody;
    const { body, etag } = await expectTagged(api['service-accounts'].$post({ json }), serviceAccountShape);
    // The API creates it enabled. If this second request fails, the next run sends it.
    if (disabled === true) await change(api, body.id, etag, { disabled });
    return null;
  },
  change,
  remove: (api, id, etag) => expectSuccess(api['service-accounts'][':id'].$delete({ param: { id }, ...ifMatch(etag) })),
};

function readPage(api: Api, query: { limit: string; cursor?: string }) {
  return expectBody(api['service-accounts'].$get({ query }), pageShape(serviceAccountShape));
}

function change(api: Api, id: string, etag: string, fields: Fields): Promise<void> {
  const json = fields as EditServiceAccountBody;
  return expectSuccess(api['service-accounts'][':id'].$patch({ param: { id }, json, ...ifMatch(etag) }));
}

function presentAccount({ id, name, description, maintainers, groups, disabled }: ServiceAccount): Present {
  return { id, fields: { name, description, maintainers, groups, disabled } };
}

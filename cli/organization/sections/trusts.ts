import type { CreateTrustBody, EditTrustBody, Trust } from '../../../shared/schemas/trusts.ts';
import { collect } from '../../api/pages.ts';
import { expectBody, expectSuccess, expectTagged } from '../../api/responses.ts';
import { pageShape } from '../../api/shapes.ts';
import { trustShape } from '../../api/trust-shapes.ts';
import { ifMatch, type Present, type Section } from './section.ts';

export const trusts: Section = {
  name: 'trusts',
  scopes: { read: 'trusts', write: 'trusts' },
  requiredToCreate: ['service_account', 'issuer', 'claims'],
  references: { service_account: 'service_accounts', apps: 'apps' },
  list: async (api) =>
    (await collect((query) => expectBody(api.trusts.$get({ query }), pageShape(trustShape)))).map(presentTrust),
  async read(api, id) {
    const { body, etag } = await expectTagged(api.trusts[':id'].$get({ param: { id } }), trustShape);
    return { ...presentTrust(body), etag };
  },
  async create(api, fields) {
    await expectSuccess(api.trusts.$post({ json: fields as CreateTrustBody }));
    return null;
  },
  change: (api, id, etag, fields) =>
    expectSuccess(api.trusts[':id'].$patch({ param: { id }, json: fields as EditTrustBody, ...ifMatch(etag) })),
  remove: (api, id, etag) => expectSuccess(api.trusts[':id'].$delete({ param: { id }, ...ifMatch(etag) })),
};

function presentTrust({ id, created_at: _, ...fields }: Trust): Present {
  return { id, fields };
}

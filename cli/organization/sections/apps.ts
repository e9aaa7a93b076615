import type { App, CreateAppBody, EditAppBody } from '../../../shared/schemas/apps.ts';
import { collect } from '../../api/pages.ts';
import { expectBody, expectSuccess, expectTagged } from '../../api/responses.ts';
import { appShape, pageShape } from '../../api/shapes.ts';
import { ifMatch, type Present, type Section } from './section.ts';

export const apps: Section = {
  name: 'apps',
  scopes: { read: 'apps', write: 'apps' },
  list: async (api) =>
    (await collect((query) => expectBody(api.apps.$get({ query }), pageShape(appShape)))).map(presentApp),
  async read(api, id) {
    const { body, etag } = await expectTagged(api.apps[':id'].$get({ param: { id } }), appShape);
    return { ...presentApp(body), etag };
  },
  async create(api, fields) {
    await expectSuccess(api.apps.$post({ json: fields as CreateAppBody }));
    return null;
  },
  change: (api, id, etag, fields) =>
    expectSuccess(api.apps[':id'].$patch({ param: { id }, json: fields as EditAppBody, ...ifMatch(etag) })),
  remove: (api, id, etag) => expectSuccess(api.apps[':id'].$delete({ param: { id }, query: {}, ...ifMatch(etag) })),
};

function presentApp({ id, name, url, hosts, groups, max_expiry, preflight }: App): Present {
  return { id, fields: { name, url, hosts, groups, max_expiry, preflight } };
}

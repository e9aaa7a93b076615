import type { CreateWebhookBody, EditWebhookBody, Webhook } from '../../../shared/schemas/webhooks.ts';
import { collect } from '../../api/pages.ts';
import { expectBody, expectSuccess, expectTagged } from '../../api/responses.ts';
import { pageShape } from '../../api/shapes.ts';
import { createdWebhookShape, webhookShape } from '../../api/webhook-shapes.ts';
import { ifMatch, type Present, type Section } from './section.ts';

export const webhooks: Section = {
  name: 'webhooks',
  scopes: { read: 'webhooks', write: 'webhooks' },
  requiredToCreate: ['events'],
  rotation: 'tokens webhooks rotate-secret ID',
  list: async (api) =>
    (await collect((query) => expectBody(api.webhooks.$get({ query }), pageShape(webhookShape)))).map(presentWebhook),
  async read(api, id) {
    const { body, etag } = await expectTagged(api.webhooks[':id'].$get({ param: { id } }), webhookShape);
    return { ...presentWebhook(body), etag };
  },
  async create(api, fields) {
    const json = fields as CreateWebhookBody;
    return (await expectBody(api.webhooks.$post({ json }), createdWebhookShape)).secret;
  },
  change: (api, id, etag, fields) =>
    expectSuccess(api.webhooks[':id'].$patch({ param: { id }, json: fields as EditWebhookBody, ...ifMatch(etag) })),
  remove: (api, id, etag) => expectSuccess(api.webhooks[':id'].$delete({ param: { id }, ...ifMatch(etag) })),
};

function presentWebhook({ id, url, events, format, description, disabled }: Webhook): Present {
  return { id, fields: { url, events, format, description, disabled } };
}

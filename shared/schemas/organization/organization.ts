import { z } from 'zod';
import { createClientBodySchema } from '../accounts/clients.ts';
import { createServiceAccountBodySchema, editServiceAccountBodySchema } from '../accounts/service-accounts.ts';
import { createUserBodySchema, updateUserBodySchema } from '../accounts/users.ts';
import { createAppBodySchema } from '../apps.ts';
import { createTrustBodySchema } from '../trusts.ts';
import { createWebhookBodySchema } from '../webhooks.ts';

const { email } = createUserBodySchema.shape;
const { name, superuser, auditor, can_manage_tokens, groups, disabled } = updateUserBodySchema.shape;

const memberSchema = z.strictObject({
  email: email.describe('The email address, which identifies the member'),
  name: name.describe("The member's name, as others see it"),
  superuser: superuser.describe(
    "Whether the member is an Organization Superuser. Only a superuser's session can change it",
  ),
  auditor: auditor.describe(
    "Whether the member is an auditor, who reads everything and changes nothing. Only a superuser's session can change it",
  ),
  can_manage_tokens: can_manage_tokens.describe('Whether the member may create, manage and use personal API tokens'),
  disabled: disabled.describe('A disabled member cannot sign in, and requests that use their tokens are denied'),
  groups: groups.describe(
    'The groups that superusers give the member. Groups from the identity provider are not listed',
  ),
});

const serviceAccountSchema = createServiceAccountBodySchema
  .extend({ disabled: editServiceAccountBodySchema.shape.disabled })
  .meta({ id: 'ServiceAccountInFile' });

// Only a new trust or webhook needs these fields. `tokens apply` checks that, because it depends on what the server has.
const trustSchema = createTrustBodySchema
  .partial({ service_account: true, issuer: true, claims: true })
  .meta({ id: 'TrustInFile' });
const webhookSchema = createWebhookBodySchema.partial({ events: true }).meta({ id: 'WebhookInFile' });

/**
 * The declared state of an organization, which `tokens apply` reads and `tokens export` writes. Sections and fields that are left
 * out are left alone.
 */
export const organizationSchema = z
  .strictObject({
    $schema: z.string().optional().describe('The address of this schema, for editors'),
    members: z.array(memberSchema).optional().describe('Members, matched by email address'),
    service_accounts: z.array(serviceAccountSchema).optional().describe('Service accounts, matched by name'),
    apps: z.array(createAppBodySchema).optional().describe('Apps behind the proxy, matched by name'),
    clients: z.array(createClientBodySchema).optional().describe('OAuth clients, matched by name'),
    trusts: z.array(trustSchema).optional().describe('Trusts, matched by name'),
    webhooks: z.array(webhookSchema).optional().describe('Webhooks, matched by URL'),
  })
  .describe('The declared state of an organization, for `tokens apply`');

export type Organization = z.infer<typeof organizationSchema>;

/** The name of a section of the file. */
export type SectionName = Exclude<keyof Organization, '$schema'>;

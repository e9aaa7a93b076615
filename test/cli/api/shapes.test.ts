import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as leakShapes from '../../../cli/api/leak-shapes.ts';
import type { Shape } from '../../../cli/api/shape.ts';
import * as shapes from '../../../cli/api/shapes.ts';
import * as webhookShapes from '../../../cli/api/webhook-shapes.ts';
import { sessionShape, sessionsShape } from '../../../cli/session/session-shape.ts';
import { clientSchema, createdClientSchema } from '../../../shared/schemas/accounts/clients.ts';
import { offboardedSchema } from '../../../shared/schemas/accounts/offboarding.ts';
import { invitedUserSchema, userSchema } from '../../../shared/schemas/accounts/users.ts';
import { appSchema } from '../../../shared/schemas/apps.ts';
import { auditEventSchema } from '../../../shared/schemas/audit.ts';
import { createdSessionSchema, sessionSchema, sessionsSchema } from '../../../shared/schemas/sign-in/sessions.ts';
import { preparedTotpSchema, recoveryCodesSchema } from '../../../shared/schemas/sign-in/totp.ts';
import { hashStatusesSchema } from '../../../shared/schemas/tokens/hash-statuses.ts';
import { tokenReportSchema } from '../../../shared/schemas/tokens/reports.ts';
import { requestTestSchema } from '../../../shared/schemas/tokens/request-tests.ts';
import { suggestionSchema } from '../../../shared/schemas/tokens/suggestion.ts';
import { tokenPageSchema } from '../../../shared/schemas/tokens/token-lists.ts';
import { createdTokenSchema, presentedTokenSchema, tokenSchema } from '../../../shared/schemas/tokens/tokens.ts';
import { usageSchema } from '../../../shared/schemas/tokens/usage.ts';
import { createdWebhookSchema, deliverySchema, webhookSchema } from '../../../shared/schemas/webhooks.ts';

const time = '2026-11-23T16:20:00.000Z';
const knownToken = { id: 'a', name: 'publish', prefix: 'tok_8fK2b1Qz', owner: 'service-account:ci', manage: ['apps'] };
const user = {
  id: 'u',
  email: 'ada@example.com',
  name: 'Ada',
  superuser: true,
  auditor: false,
  disabled: false,
  can_manage_tokens: true,
  sso: false,
  groups: [{ name: 'developers', source: 'manual' }],
  status: 'active',
  token_count: 3,
  last_used_at: time,
  created_at: time,
  invited_at: time,
  joined_at: time,
  disabled_at: time,
};
const invitation = { mailed: false, link: 'https://tokens.example.com/invitation', expires_at: time };
const use = { at: time, method: 'GET', path: '/', ip: '203.0.113.9', user_agent: 'curl/8' };
const token = {
  id: 't',
  name: 'ci',
  prefix: 'tok_8fK2b1Qz',
  description: 'Builds',
  owner: 'ada@example.com',
  owner_kind: 'member',
  created_at: time,
  expires_at: time,
  status: 'active',
  last_used: use,
  last_denied: { ...use, reason: 'path', app: 'grafana' },
  rotated_at: time,
  previous_used_at: time,
  previous: { prefix: 'tok_3dRw90Lp', valid_until: time, last_used: use },
  paused: { at: time, until: time, reason: 'Holidays', by: 'root@example.com' },
  self_rotate: true,
  lifetime: 86400,
  quiet_networks: false,
  canary: false,
  apps: ['grafana'],
  read_only: true,
  allow: ['GET /api/**'],
  networks: ['203.0.113.0/24'],
  enforce: true,
  manage: ['apps'],
};
const decision = { allowed: false, reason: 'path', would_deny: null };
const client = {
  id: 'c',
  client_id: 'client_1',
  name: 'gateway',
  can_revoke: true,
  can_report: false,
  created_at: time,
};
const app = {
  id: 'a',
  name: 'grafana',
  url: 'https://grafana.example.com',
  hosts: ['grafana.example.com'],
  groups: ['developers'],
  max_expiry: 60,
  preflight: 'pass',
  created_at: time,
};
const event = {
  id: 'e',
  at: time,
  actor: { kind: 'user', id: 'u', email: 'ada@example.com' },
  action: 'token.created',
  target: { kind: 'token', id: 't', name: 'ci', owner: 'ada@example.com' },
  changes: [{ field: 'self_rotate', from: false, to: true }],
  ip: '203.0.113.9',
  user_agent: 'curl/8',
};

const seen = { count: 3, first_at: time, last_at: time };
const usage = {
  would_deny: { path: 3 },
  denied_requests: [{ ...use, reason: 'path', app: 'grafana' }],
  would_deny_routes: [
    {
      method: 'PUT',
      path: '/a',
      reason: 'path',
      count: 3,
      first_at: '2026-11-22T12:00:00.000Z',
      last_at: '2026-11-23T12:00:00.000Z',
    },
  ],
  days: [{ date: '2026-11-23', allowed: 3, denied: 1 }],
  denied: { expired: 1 },
  routes: [{ method: 'GET', path: '/builds/*', ...seen }],
  networks: [{ network: '203.0.113.0/24', ...seen }],
  agents: [{ agent: 'curl/8', ...seen }],
};

const suggestion = {
  apps: ['wiki'],
  read_only: true,
  allow: ['GET /builds/*'],
  networks: null,
  uses: 30,
  covers: [{ rule: 'wiki', uses: 30 }],
  omitted: [{ rule: 'networks', reason: 'too-many' }],
};

const report = {
  active: 9,
  never_expiring: 3,
  never_used: 2,
  unused: 4,
  unrotated: 1,
  expiring: 1,
  owner_disabled: 0,
  orphaned: 0,
  as_of: time,
};

const hashStatuses = {
  items: [{ hash: 'A'.repeat(43), status: 'active' as const, name: 'ci', owner: 'dev@example.com' }],
};
const webhook = {
  id: 'w',
  url: 'https://hooks.example.com/',
  events: ['token.*'],
  format: 'standard',
  description: 'SIEM',
  disabled: false,
  created_at: time,
};

const delivery = {
  id: 'd',
  event: 'token.revoked',
  status: 'delivered',
  attempts: 1,
  at: time,
  delivered_at: time,
  error: 'HTTP 500',
};

const listedSession = {
  ...{ id: 's', kind: 'program', ip: '198.51.100.7', agent: 'tokens 1.2.3', user_agent: 'tokens/1.2.3' },
  ...{ sso: false, created_at: time, last_used_at: time, expires_at: time, idle_expires_at: time, current: true },
};

type Entry = [name: string, shape: Shape<never>, schema: z.ZodType, sample: object];
const entries: Entry[] = [
  ['tokenShape', shapes.tokenShape, tokenSchema, token],
  ['createdTokenShape', shapes.createdTokenShape, createdTokenSchema, { ...token, token: 'tok_…' }],
  ['presentedTokenShape', shapes.presentedTokenShape, presentedTokenSchema, { ...token, decision }],
  [
    'requestTestShape',
    shapes.requestTestShape,
    requestTestSchema,
    { verdict: 'deny', deny_reason: 'path', would_deny: null, rule: 'Allowed: GET /', not_checked: [] },
  ],
  ['suggestionShape', shapes.suggestionShape, suggestionSchema, suggestion],
  ['usageShape', shapes.usageShape, usageSchema, usage],
  ['tokenReportShape', shapes.tokenReportShape, tokenReportSchema, report],
  ['userShape', shapes.userShape, userSchema, user],
  ['offboardedShape', shapes.offboardedShape, offboardedSchema, { transferred: 3, revoked: 1, known: [knownToken] }],
  ['invitedUserShape', shapes.invitedUserShape, invitedUserSchema, { ...user, invitation }],
  [
    'sessionShape',
    sessionShape,
    sessionSchema,
    {
      ...{ id: 's', created_at: time, expires_at: time, idle_expires_at: time },
      ...{ confirmed_until: time, confirm_with: ['password'], server_version: '1.2.3' },
    },
  ],
  [
    'createdSessionShape',
    shapes.createdSessionShape,
    createdSessionSchema,
    { id: 's', secret: 'x', expires_at: time, user },
  ],
  ['sessionsShape', sessionsShape, sessionsSchema, { items: [listedSession] }],
  ['clientShape', shapes.clientShape, clientSchema, client],
  ['appShape', shapes.appShape, appSchema, app],
  ['createdClientShape', shapes.createdClientShape, createdClientSchema, { ...client, client_secret: 'x' }],
  ['webhookShape', webhookShapes.webhookShape, webhookSchema, webhook],
  ['createdWebhookShape', webhookShapes.createdWebhookShape, createdWebhookSchema, { ...webhook, secret: 'x' }],
  ['deliveryShape', webhookShapes.deliveryShape, deliverySchema, delivery],
  ['hashStatusesShape', leakShapes.hashStatusesShape, hashStatusesSchema, hashStatuses],
  ['auditEventShape', shapes.auditEventShape, auditEventSchema, event],
  ['preparedTotpShape', shapes.preparedTotpShape, preparedTotpSchema, { secret: 'x', uri: 'otpauth://x' }],
  ['recoveryCodesShape', shapes.recoveryCodesShape, recoveryCodesSchema, { recovery_codes: ['a'] }],
  ['pageShape', shapes.pageShape(shapes.tokenShape), tokenPageSchema, { items: [token], next_cursor: 'x' }],
];

const replacements = [
  undefined,
  null,
  0,
  1.5,
  true,
  '',
  'yesterday',
  '2026-11-23',
  '2026-13-01T00:00:00Z',
  [],
  {},
  [7],
];
/** Their schemas are closed lists. A shape accepts any string, for servers that are newer than the CLI. */
const openLists =
  /(^|\.)(verdict|status|kind|action|source|reason|would_deny|preflight|rule|format|owner_kind|manage\.\d+|confirm_with\.\d+)$/;
/** Fields that older daemons do not send. */
const laterFields =
  /(^|\.)(target\.owner|auditor|invitation|last_denied|denied_requests|rotated_at|previous|previous_used_at|paused|self_rotate|lifetime|quiet_networks|canary|apps|read_only|allow|networks|enforce|manage|owner_kind|orphaned|decision|changes|groups|would_deny|would_deny_routes|can_report|invited_at|joined_at|disabled_at|confirmed_until|confirm_with|server_version|as_of)$/;

/** Yields copies of `value` with one field replaced, at any depth, and the path of that field, such as `.target.id`. */
function* variants(value: unknown, field = ''): Generator<[field: string, variant: unknown]> {
  for (const replacement of replacements) yield [field, replacement];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    for (const [innerField, variant] of variants(inner, `${field}.${name}`)) {
      const copy = Array.isArray(value) ? [...value] : { ...value };
      yield [innerField, Object.assign(copy, { [name]: variant })];
    }
  }
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], value);
}

describe('the shape of a response', () => {
  it('exists for every exported shape in this test', () => {
    const exported = Object.keys({ ...shapes, ...webhookShapes, ...leakShapes, sessionShape, sessionsShape }).filter(
      (name) => name.endsWith('Shape'),
    );
    expect(entries.map(([name]) => name).sort()).toEqual(exported.sort());
  });

  it.each(entries)(
    'accepts and rejects what the schema does, apart from unknown words: %s',
    (_, shape, schema, sample) => {
      expect([shape(sample), schema.safeParse(sample).success]).toEqual([null, true]);
      for (const [field, variant] of variants(sample)) {
        const isAccepted = shape(variant) === null;
        const isValid = schema.safeParse(variant).success;
        if (openLists.test(field) && isAccepted) continue;
        if (laterFields.test(field) && valueAt(variant, field) === undefined && isAccepted) continue;
        expect([field, variant, isAccepted]).toEqual([field, variant, isValid]);
      }
    },
  );

  it('names the first field that does not fit', () => {
    const page = { items: [token, { ...token, last_used: { ...token.last_used, at: 'today' } }], next_cursor: null };
    expect(shapes.pageShape(shapes.tokenShape)(page)).toBe('.items[1].last_used.at is not a time');
    expect(shapes.userShape(null)).toBe(' is not an object');
  });
});

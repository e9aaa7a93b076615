import type { Scope } from '../../../shared/schemas/scopes.ts';

/**
 * The scope that a management key needs for a route. A route that is missing here is closed to management keys, whatever their
 * scopes. Only routes that `accessTable` opens to sessions can be here.
 */
export const scopeTable: Readonly<Record<string, Scope>> = {
  'GET /api/v1/tokens': 'tokens:read',
  'GET /api/v1/tokens/:id': 'tokens:read',
  'GET /api/v1/tokens/:id/usage': 'tokens:read',
  'GET /api/v1/tokens/:id/suggestion': 'tokens:read',
  'GET /api/v1/reports/tokens': 'tokens:read',
  'GET /api/v1/users': 'users:read',
  'POST /api/v1/users': 'users:write',
  'GET /api/v1/users/:id': 'users:read',
  'PATCH /api/v1/users/:id': 'users:write',
  'DELETE /api/v1/users/:id': 'users:write',
  'POST /api/v1/users/:id/invitation': 'users:write',
  'DELETE /api/v1/users/:id/tokens': 'users:write',
  'GET /api/v1/audit': 'audit:read',
  'GET /api/v1/clients': 'clients',
  'POST /api/v1/clients': 'clients',
  'POST /api/v1/clients/:id/secret': 'clients',
  'DELETE /api/v1/clients/:id': 'clients',
  'GET /api/v1/apps': 'apps',
  'POST /api/v1/apps': 'apps',
  'GET /api/v1/apps/:id': 'apps',
  'PATCH /api/v1/apps/:id': 'apps',
  'DELETE /api/v1/apps/:id': 'apps',
  'GET /api/v1/trusts': 'trusts',
  'POST /api/v1/trusts': 'trusts',
  'GET /api/v1/trusts/:id': 'trusts',
  'PATCH /api/v1/trusts/:id': 'trusts',
  'DELETE /api/v1/trusts/:id': 'trusts',
  'GET /api/v1/webhooks': 'webhooks',
  'POST /api/v1/webhooks': 'webhooks',
  'GET /api/v1/webhooks/:id': 'webhooks',
  'PATCH /api/v1/webhooks/:id': 'webhooks',
  'DELETE /api/v1/webhooks/:id': 'webhooks',
  'POST /api/v1/webhooks/:id/test': 'webhooks',
  'POST /api/v1/webhooks/:id/secret': 'webhooks',
  'GET /api/v1/webhooks/:id/deliveries': 'webhooks',
  'POST /api/v1/webhooks/:id/deliveries/:delivery/retry': 'webhooks',
};

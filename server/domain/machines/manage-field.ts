import { limits } from '../../../shared/limits.ts';
import { type FieldError, ProblemError } from '../../../shared/problem.ts';
import type { EditTokenBody } from '../../../shared/schemas/tokens/token-changes.ts';
import type { CreateTokenBody } from '../../../shared/schemas/tokens/tokens.ts';
import { type Scope, scopes, splitScopes } from '../../../shared/scopes.ts';
import type { TokenRecord } from '../../store/records.ts';
import type { BoundingApp } from '../tokens/expiry.ts';

type RuleFields = Pick<CreateTokenBody, 'apps' | 'read_only' | 'allow' | 'enforce'>;

/** Bounds the expiry of management keys, as an app bounds that of its tokens. */
const keyBound: BoundingApp = { name: 'management', maxExpirySeconds: limits.maxKeyExpirySeconds };

/** Returns what bounds the expiry of a token besides its apps: a management key has a longest life of its own. */
export function boundsOf<T extends BoundingApp>(manage: string | null, apps: readonly T[]): readonly BoundingApp[] {
  return manage === null ? apps : [...apps, keyBound];
}

/**
 * Returns the scopes of a new token as they are stored, or null if it is no management key.
 * @throws ProblemError `invalid-fields` if a management key cannot have these rules, or has no expiry
 */
export function newScopes(body: CreateTokenBody): string | null {
  const { manage = [] } = body;
  if (manage.length === 0) return null;
  const errors = [...closedRules(body), ...missingExpiry(body)];
  if (body.service_account === undefined) {
    errors.push({ pointer: '/manage', detail: 'Only a service account can own a management key. Name it.' });
  }
  if (errors.length > 0) throw invalidFields(errors);
  return joinScopes(manage);
}

/**
 * Returns the scopes of a token after an edit, as they are stored. An edit never turns a token into a management key or back,
 * because its value may be stored where the other kind must not be.
 * @throws ProblemError `invalid-fields`
 */
export function editedScopes({ manage: before }: Pick<TokenRecord, 'manage'>, body: EditTokenBody): string | null {
  const { manage } = body;
  const errors = before === null ? [] : closedRules(body);
  if (before === null && manage !== undefined && manage.length > 0) {
    errors.push({ pointer: '/manage', detail: 'Only a new token can be a management key. Create one.' });
  }
  if (before !== null && manage?.length === 0) {
    errors.push({ pointer: '/manage', detail: 'A management key needs a scope. Revoke the key, or leave one.' });
  }
  if (errors.length > 0) throw invalidFields(errors);
  return manage === undefined || manage.length === 0 ? before : joinScopes(manage);
}

/** Reports whether a key has a scope after an edit that it did not have before. */
export function addsScope(before: string | null, after: string | null): boolean {
  const held = splitScopes(before);
  return splitScopes(after).some((scope) => !held.includes(scope));
}

/** Joins scopes in the order in which they are listed, each once. */
export function joinScopes(held: readonly Scope[]): string {
  return scopes.filter((scope) => held.includes(scope)).join(' ');
}

/** A management key has no rules but its networks: the others are about requests to apps. */
function closedRules({ apps, read_only, allow, enforce }: RuleFields): FieldError[] {
  const given = {
    apps: apps !== undefined && apps !== null,
    read_only: read_only === true,
    allow: allow !== undefined && allow !== null,
    enforce: enforce === false,
  };
  return Object.entries(given)
    .filter(([, isGiven]) => isGiven)
    .map(([field]) => ({ pointer: `/${field}`, detail: `A management key cannot have ${field}, only networks.` }));
}

function missingExpiry({ expires_in, expires_at }: CreateTokenBody): FieldError[] {
  if ((expires_in ?? expires_at ?? null) !== null) return [];
  const pointer = expires_at === null ? '/expires_at' : '/expires_in';
  return [{ pointer, detail: 'A management key needs an expiry of at most 366 days.' }];
}

function invalidFields(errors: FieldError[]): ProblemError {
  return new ProblemError('invalid-fields', errors.map(({ detail }) => detail).join(' '), { errors });
}

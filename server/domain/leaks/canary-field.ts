import { type FieldError, ProblemError } from '../../../shared/problem.ts';
import type { EditTokenBody } from '../../../shared/schemas/tokens/token-changes.ts';
import type { TokenRecord } from '../../store/records.ts';

/** The fields that say how a token works, in the body that creates or edits one. */
type WorkingFields = Pick<
  EditTokenBody,
  'manage' | 'self_rotate' | 'quiet_networks' | 'apps' | 'read_only' | 'allow' | 'networks' | 'enforce'
>;

/** Requires that a new canary or its edit has no field that only matters to a token that works. @throws ProblemError `invalid-fields` */
export function requireCanaryFields({ canary }: { canary?: boolean | undefined }, body: WorkingFields): void {
  if (canary !== true) return;
  const errors = closedFields(body);
  if (errors.length > 0) {
    throw new ProblemError('invalid-fields', errors.map(({ detail }) => detail).join(' '), { errors });
  }
}

function closedFields(body: WorkingFields): FieldError[] {
  const given = {
    manage: body.manage !== undefined && body.manage.length > 0,
    self_rotate: body.self_rotate === true,
    quiet_networks: body.quiet_networks === true,
    apps: body.apps !== undefined && body.apps !== null,
    read_only: body.read_only === true,
    allow: body.allow !== undefined && body.allow !== null,
    networks: body.networks !== undefined && body.networks !== null,
    enforce: body.enforce === false,
  };
  return Object.entries(given)
    .filter(([, isGiven]) => isGiven)
    .map(([field]) => ({ pointer: `/${field}`, detail: `A canary cannot have ${field}, because it never works.` }));
}

/**
 * Requires that a token is no canary. A new value would be planted nowhere, and a new owner would not know where the value is.
 * @throws ProblemError `canary`
 */
export function requireNoCanary({ canary }: Pick<TokenRecord, 'canary'>, refused: 'rotated' | 'transferred'): void {
  if (!canary) return;
  const detail = `A canary cannot be ${refused}, because its value never works. Revoke it, and create another one.`;
  throw new ProblemError('canary', detail);
}

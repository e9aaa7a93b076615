import { isObject } from '../responses.ts';

/** The kind of object that an unknown name was meant for. */
export type UnknownKind = 'app' | 'member' | 'account' | 'owner' | 'action' | 'event';

/** A name in a request that belongs to no object. */
export interface UnknownName {
  readonly kind: UnknownKind;
  readonly name: string;
  /** The index of the error in the problem, or null if the problem has none. */
  readonly error: number | null;
}

/** The parts of a problem that show which names the server does not know. */
export interface ReportedProblem {
  readonly code: string;
  readonly errors?: ReadonlyArray<{ pointer: string; detail: string }> | undefined;
}

/** A request as `fetch` received it. */
export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly body: unknown;
}

const kinds: Readonly<Record<string, UnknownKind>> = {
  app: 'app',
  apps: 'app',
  user: 'member',
  known_to: 'member',
  maintainers: 'member',
  add_maintainers: 'member',
  service_account: 'account',
  to: 'account',
  transfer_to: 'account',
  action: 'action',
  events: 'event',
};

/** The kinds that a problem without errors is about. */
const kindOfCode: Readonly<Record<string, UnknownKind>> = {
  'app-not-found': 'app',
  'user-not-found': 'member',
  'service-account-not-found': 'account',
};

/**
 * Returns the names in the body of a request that the server does not know. Returns none if the path names the missing object.
 */
export function unknownNames(problem: ReportedProblem, request: SentRequest): UnknownName[] {
  if (problem.errors !== undefined) return problem.errors.flatMap((error, index) => unknownIn(error, index, request));
  const kind = kindOfCode[problem.code];
  return Object.entries({ ...queryOf(request), ...bodyOf(request) }).flatMap(([field, name]) =>
    kind !== undefined && kinds[field] === kind && typeof name === 'string' ? [{ kind, name, error: null }] : [],
  );
}

/** An error about one of these fields may also say that the text is malformed, or that there are too many. */
function unknownIn(
  { pointer, detail }: { pointer: string; detail: string },
  error: number,
  request: SentRequest,
): UnknownName[] {
  const [field = '', index] = pointer.replace(/^[/?]/, '').split('/');
  const sent = pointer.startsWith('?') ? queryOf(request) : bodyOf(request);
  const value = index === undefined ? sent[field] : Array.isArray(sent[field]) ? sent[field][Number(index)] : undefined;
  const kind = Object.hasOwn(kinds, field) ? kinds[field] : undefined;
  if (kind === undefined || typeof value !== 'string') return [];
  if (detail.startsWith('No member or service account')) return [{ kind: 'owner', name: value, error }];
  const isUnknown = kind === 'action' || kind === 'event' || detail.startsWith('There is no ');
  return isUnknown ? [{ kind, name: value, error }] : [];
}

function queryOf({ url }: SentRequest): Record<string, unknown> {
  return Object.fromEntries(new URL(url).searchParams);
}

function bodyOf({ body }: SentRequest): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(String(body));
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

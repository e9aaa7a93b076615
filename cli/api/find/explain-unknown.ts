import { serviceAccountIdentity } from '../../../shared/names.ts';
import { commandLine } from '../../ui/command-line.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { expectBody, problemOf, readResponse, repeatable } from '../responses.ts';
import { userShape } from '../shapes.ts';
import { didYouMean } from './close-names.ts';
import { listApps } from './find-app.ts';
import { listServiceAccounts } from './find-service-account.ts';
import { listUsers } from './find-user.ts';
import { type SentRequest, type UnknownKind, type UnknownName, unknownNames } from './unknown-names.ts';

/** The reader of an explanation. Each kind of reader gets the advice that it can follow. */
type Reader = 'superuser' | 'key' | 'member';

/**
 * Explains a response that names something that does not exist: which name, up to two close names that the caller may list, and what the
 * caller can do. Returns every other response as it was. The body of the result can be read again.
 */
export async function explainUnknown(
  refused: Response,
  request: SentRequest,
  api: Api,
  credential: 'session' | 'key',
): Promise<Response> {
  const response = await repeatable(refused);
  const { problem } = problemOf(await readResponse(Promise.resolve(response)));
  const unknown = unknownNames(problem, request);
  if (unknown.length === 0) return response;
  const reader = credential === 'key' ? 'key' : await readerOf(api);
  const details = await Promise.all(unknown.map((one) => explain(one, { api, reader, request })));
  const errors = problem.errors?.map((error, index) => {
    const place = unknown.findIndex((one) => one.error === index);
    return place === -1 ? error : { ...error, detail: details[place] ?? error.detail };
  });
  const explained = { ...problem, detail: details.join(' '), ...(errors && { errors }) };
  return repeatable(response, JSON.stringify(explained));
}

async function readerOf(api: Api): Promise<Reader> {
  const me = await expectBody(api.me.$get(), userShape).catch(() => null);
  return me?.superuser === true ? 'superuser' : 'member';
}

interface Situation {
  readonly api: Api;
  readonly reader: Reader;
  readonly request: SentRequest;
}

async function explain({ kind, name }: UnknownName, { api, reader, request }: Situation): Promise<string> {
  const guess = didYouMean(name, await namesLike(kind, api).catch(() => []));
  const next = request.method !== 'GET' && addable.has(kind) ? toAdd(kind, name, reader) : toList[kind];
  return `${missing(kind, sanitize(name), reader)}.${guess} ${next}`;
}

function missing(kind: UnknownKind, name: string, reader: Reader): string {
  if (kind === 'app') return `There is no app "${name}"`;
  if (kind === 'member') return `There is no member ${name}`;
  if (kind === 'owner') return `No member or service account has or had the address or name "${name}"`;
  if (kind === 'action') return `There is no action "${name}"`;
  if (kind === 'event') return `There is no event "${name}"`;
  return `There is no service account "${name}"${reader === 'member' ? ', or you do not maintain it' : ''}`;
}

const toList: Readonly<Record<UnknownKind, string>> = {
  app: 'Run `tokens apps list` to see all apps.',
  member: 'Run `tokens users list` to see all members.',
  account: 'Run `tokens service-accounts list` to see yours.',
  owner: 'Give an email address, or service-account:NAME.',
  action: 'Run `tokens audit` to see actions, such as token.created.',
  event: "Give an action of `tokens audit` such as token.revoked, 'token.*' for all about tokens, or '*' for all.",
};

const addable: ReadonlySet<UnknownKind> = new Set(['app', 'member', 'account']);

function toAdd(kind: UnknownKind, name: string, reader: Reader): string {
  if (reader === 'member') return kind === 'member' ? 'Ask a superuser to add them.' : 'Ask a superuser to add it.';
  if (kind === 'app') return `Add it with \`${commandLine('apps create', name)}\`.`;
  if (kind === 'member') return `Add them with \`${commandLine('users add', name)}\`.`;
  return `Add it with \`${commandLine('service-accounts create', name)}\`.`;
}

/** Returns the names of a kind that the caller may list. */
async function namesLike(kind: UnknownKind, api: Api): Promise<string[]> {
  if (kind === 'app') return (await listApps(api)).map(({ name }) => name);
  if (kind === 'member') return (await listUsers(api)).map(({ email }) => email);
  if (kind === 'account') return (await listServiceAccounts(api, {})).map(({ name }) => name);
  if (kind === 'owner') {
    const [users, accounts] = await Promise.all([listUsers(api), listServiceAccounts(api, {})]);
    return [...users.map(({ email }) => email), ...accounts.map(({ name }) => serviceAccountIdentity(name))];
  }
  // Loads the schemas, so only after a mistake.
  const { auditActions } = await import('../../../shared/audit-actions.ts');
  return [...auditActions];
}

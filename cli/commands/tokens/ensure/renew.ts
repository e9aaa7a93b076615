import { foldName } from '../../../../shared/names.ts';
import type { CreatedToken, CreateTokenBody, Token } from '../../../../shared/schemas/tokens/tokens.ts';
import { listTokens } from '../../../api/find/find-token.ts';
import { issueToken, readIssued, revokeToken } from '../../../api/issue-token.ts';
import { readResponse } from '../../../api/responses.ts';
import { hasExpired, rotateToken, ValueMayBeLost } from '../../../api/rotate-token.ts';
import { LostResponse } from '../../../api/transport/network-errors.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { CliError, hasCode } from '../../../errors.ts';
import { type Connection, openApi } from '../../../session/connect.ts';
import type { Server } from '../../../session/server-url.ts';
import type { TokenFile } from '../../../token-file/token-file.ts';
import { tokenCommand } from '../../../ui/command-line.ts';
import { writeStderr } from '../../../ui/notes.ts';
import { sanitize } from '../../../ui/sanitize.ts';
import { timesFor } from '../../../ui/times.ts';
import { gainsTime, requireLongLife } from './due.ts';
import type { Present } from './inspect.ts';
import { findSession, type Session } from './session.ts';
import type { Wanted } from './wanted.ts';

const defaultLifetimeSeconds = 90 * 86_400;

interface Renewed {
  readonly action: 'none' | 'created' | 'rotated';
  readonly token: Token;
}

/**
 * Rotates the token, or creates it, and writes the new value to the file. Does nothing, and says so, if the token is due but a
 * rotation would not give it a later end.
 * @throws CliError `usage` if every run would rotate the token; `not-signed-in` if that needs a session; the daemon's problem;
 * or `unwritable`, with the old file in place
 */
export async function renew(
  ctx: Context,
  options: GlobalOptions,
  server: Server,
  file: TokenFile,
  present: Present,
  wanted: Wanted,
): Promise<Renewed> {
  const session = await findSession(ctx, options);
  const mayRotateItself = present.kind === 'active' && present.token.self_rotate === true;
  const rotatesItself = mayRotateItself && ('missing' in session || isKeyOf(session, present.token));
  if (present.kind === 'active' && present.isCurrent && !rotatesItself && !gainsTime(present.token, wanted)) {
    await warnOfNoGain(ctx, present.token);
    return { action: 'none', token: present.token };
  }
  if ('missing' in session && !mayRotateItself) throw session.missing;
  // From here on, a failure to write would lose a value.
  await file.proveWritable();
  if ('missing' in session || rotatesItself) return rotateItself(ctx, options, server, file, present, wanted);
  try {
    return await rotateOrCreate(ctx, session.connection, file, present, wanted);
  } catch (error) {
    const isForeign = foreignCodes.some((code) => hasCode(error, code));
    if (!isForeign || !mayRotateItself) throw error;
  }
  return rotateItself(ctx, options, server, file, present, wanted);
}

/** Rotates the token that the file holds or that has the name. Creates it if there is none, or if it has expired. */
async function rotateOrCreate(
  ctx: Context,
  connection: Connection,
  file: TokenFile,
  present: Present,
  wanted: Wanted,
): Promise<Renewed> {
  if (present.kind === 'active') return rotate(ctx, connection, file, present.token, wanted);
  const folded = foldName(wanted.name);
  const own = (await listTokens(connection.api, ownerOf(wanted))).find(({ name }) => foldName(name) === folded);
  if (own?.status === 'paused')
    return rotate(ctx, connection, file, own, withOverlap(wanted)).catch(explainPause(ctx, own));
  if (own && own.status !== 'expired') return rotate(ctx, connection, file, own, wanted);
  return create(ctx, connection, file, wanted);
}

/**
 * Keeps the server from rotating a paused token, which it does if the old value ends at once. Otherwise, each run would replace the
 * value until somebody resumes the token.
 */
function withOverlap(wanted: Wanted): Wanted {
  return { ...wanted, overlap: undefined };
}

function explainPause(ctx: Context, token: Token) {
  return (error: unknown): never => {
    if (!hasCode(error, 'token-inactive') || hasExpired(token, ctx)) throw error;
    const resume = tokenCommand('resume', token);
    const rotate = tokenCommand('rotate', token, '--overlap 0');
    const detail = `${sanitize(token.name)} is paused, so its value was not replaced. Resume it with \`${resume}\`; if a superuser paused it, ask one. If the value was stolen, end it first: \`${rotate}\`.`;
    throw new CliError({ ...error.problem, detail }, { cause: error });
  };
}

function ownerOf({ serviceAccount }: Wanted) {
  return serviceAccount === undefined ? {} : { serviceAccount };
}

/** The codes of a credential that has ended, belongs to somebody else, or may not rotate this token. */
const foreignCodes = ['not-authenticated', 'token-not-found', 'owner-only', 'scope-missing', 'not-for-keys'] as const;

/** Returns whether a management key is to be renewed with a management key. It can only rotate itself. */
function isKeyOf({ connection }: Extract<Session, { connection: Connection }>, { manage = [] }: Token): boolean {
  return connection.credential === 'key' && manage.length > 0;
}

/** Warns that a token that ends soon stays as it is, with `--json`, too, because the token stops working if nobody acts. */
async function warnOfNoGain(ctx: Context, { name, expires_at }: Token): Promise<void> {
  const ends = `${sanitize(name)} ends ${timesFor(ctx.stderr, ctx).expiryInWords(expires_at)}`;
  const text = `${ends} and was not rotated, because --expires gives it no later end. Give a later --expires.`;
  await writeStderr(ctx, text);
}

async function rotate(
  ctx: Context,
  { api }: Connection,
  file: TokenFile,
  { id }: Token,
  wanted: Wanted,
): Promise<Renewed> {
  const overlap = wanted.overlap === undefined ? {} : { overlap: wanted.overlap };
  const body = { ...overlap, ...wanted.expiry, end_previous: true };
  const rotated = await rotateToken(api, id, body, ctx.uuid).catch((error: unknown) => {
    throw error instanceof ValueMayBeLost ? runAgain(file, error) : error;
  });
  return keep(file, rotated);
}

/** Lets the token in the file rotate itself. If the response is lost, a later run may do so again with the old value. */
async function rotateItself(
  ctx: Context,
  options: GlobalOptions,
  server: Server,
  file: TokenFile,
  present: Present,
  wanted: Wanted,
): Promise<Renewed> {
  if (present.kind !== 'active') throw new Error('Only an active token can rotate itself.');
  if (present.isCurrent) requireLongLife(present.token, wanted);
  const api = await openApi(ctx, options, server, `Token ${present.value}`);
  const overlap = wanted.overlap === undefined ? {} : { overlap: wanted.overlap };
  const issued = await readIssued(api.token.rotate.$post({ json: { ...overlap, end_previous: true } })).catch(
    (error: unknown) => {
      const wasSent = error instanceof LostResponse && error.sent;
      throw wasSent || hasCode(error, 'outcome-unknown') ? runAgain(file, error as CliError) : error;
    },
  );
  if ('token' in issued) {
    const renewed = await keep(file, issued);
    await presentValue(ctx, options, server, issued.token);
    return renewed;
  }
  throw runAgain(file, new LostResponse('unreachable', 'The response has no value.', true));
}

/**
 * Presents a new value once, which proves to the server that it arrived. Otherwise, a thief of the old value could rotate the
 * token with it after a minute, until a program uses the new value. Ignores failures, because the file is complete.
 */
async function presentValue(ctx: Context, options: GlobalOptions, server: Server, value: string): Promise<void> {
  try {
    await readResponse((await openApi(ctx, options, server, `Token ${value}`)).token.$get({ query: {} }));
  } catch {
    // The first use of the value proves the same.
  }
}

async function create(ctx: Context, { api }: Connection, file: TokenFile, wanted: Wanted): Promise<Renewed> {
  const body: CreateTokenBody = {
    name: wanted.name,
    ...(wanted.serviceAccount !== undefined && { service_account: wanted.serviceAccount }),
    ...(wanted.description !== undefined && { description: wanted.description }),
    ...(wanted.selfRotate && { self_rotate: true }),
    ...wanted.rules,
  };
  const expiry = wanted.expiry ?? { expires_in: defaultLifetimeSeconds };
  const created = await issueToken(api, { ...body, ...expiry }, ctx.uuid).catch((error: unknown) => {
    // The server's maximum is below the default of this command, so the server's own default applies.
    const isTooLong =
      error instanceof CliError && error.problem.errors?.every(({ pointer }) => pointer === '/expires_in');
    if (wanted.expiry !== undefined || !isTooLong) throw error;
    return issueToken(api, body, ctx.uuid);
  });
  try {
    await file.replace(created.token);
  } catch (error) {
    await revokeToken(api, created.id).catch(() => undefined);
    throw error;
  }
  return { action: 'created', token: created };
}

async function keep(file: TokenFile, rotated: CreatedToken): Promise<Renewed> {
  try {
    await file.replace(rotated.token);
  } catch (error) {
    throw error instanceof CliError ? runAgain(file, error) : error;
  }
  return { action: 'rotated', token: rotated };
}

/** The token may have a new value that is lost. The file still holds the old one, which works during the overlap. */
function runAgain({ path }: TokenFile, error: CliError): CliError {
  const { errors: _, ...problem } = error.problem;
  const detail = `${problem.detail} The token may have been rotated: ${path} holds the old value. Run the command again in two minutes.`;
  return new CliError({ ...problem, detail }, { cause: error });
}

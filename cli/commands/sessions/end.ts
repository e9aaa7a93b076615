import { type Command, Option } from 'commander';
import type { ListedSession } from '../../../shared/schemas/sign-in/sessions.ts';
import type { Api } from '../../api/client.ts';
import { findSessions } from '../../api/find/find-sessions.ts';
import { expectSuccess } from '../../api/responses.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { confirmOrCancel, isInteractive } from '../../input/ask.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface SessionsEndOptions extends GlobalOptions {
  others?: boolean;
  all?: boolean;
  user?: string;
  yes?: boolean;
}

export function registerSessionsEnd(sessions: Command, ctx: Context): void {
  sessions
    .command('end')
    .argument('[id]', 'ID of the session')
    .summary('End sessions')
    .description(
      'End one of your sessions, or all but the one that you are using. Tokens keep working. Before it ends several sessions, it asks for confirmation on a terminal.',
    )
    .addOption(new Option('--others', 'End all your sessions except the current one').conflicts(['all', 'user']))
    .addOption(new Option('--all', 'End all sessions of the member that --user names').conflicts('others'))
    .option('--user <email>', 'The member whose sessions to end (superuser)')
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens sessions end 0199c2f4-6a1e-7c3a-9d52-0c1d2e3f4a5b\n  $ tokens sessions end --others\n  $ tokens sessions end --all --user ada@example.com',
    )
    .action((id: string | undefined, _options, command: Command) => runSessionsEnd(ctx, id, command.optsWithGlobals()));
}

async function runSessionsEnd(ctx: Context, id: string | undefined, options: SessionsEndOptions): Promise<void> {
  requireOneTarget(id, options);
  const { api } = await connect(ctx, options);
  const { items, member } = await findSessions(api, options.user);
  if (id === undefined) return endSeveral(ctx, options, api, { items, member });
  const session = items.find((one) => one.id === id.toLowerCase());
  if (session === undefined) throw noSuchSession(id, options);
  if (session.current) throw ownSession();
  const request =
    member === null
      ? api.sessions[':id'].$delete({ param: { id: session.id } })
      : api.users[':id'].sessions[':session'].$delete({ param: { id: member.id, session: session.id } });
  await expectSuccess(request);
  await printOutcome(ctx, options, session, `Ended the session of ${placeOf(session)}.`);
}

interface Found {
  items: readonly ListedSession[];
  /** Null for the own sessions. */
  member: { id: string; email: string } | null;
}

async function endSeveral(
  ctx: Context,
  options: SessionsEndOptions,
  api: Api,
  { items, member }: Found,
): Promise<void> {
  const who = member === null ? null : sanitize(member.email);
  const which = who === null ? 'all your other sessions' : `all sessions of ${who}`;
  await confirmOrCancel(ctx, options.yes || !isInteractive(ctx), `End ${which}? Tokens keep working.`);
  await expectSuccess(
    member === null ? api.sessions.others.$delete() : api.users[':id'].sessions.$delete({ param: { id: member.id } }),
  );
  const ended = member === null ? items.filter(({ current }) => !current) : items;
  await printOutcome(ctx, options, ended, `Ended ${which}.`);
}

/** @throws CliError `usage` unless the command names one session, the other ones or all of a member */
function requireOneTarget(id: string | undefined, { others, all, user }: SessionsEndOptions): void {
  const named = [id !== undefined, others, all].filter(Boolean).length;
  if (named !== 1) throw localError('usage', 'Name the ID of a session, or use --others, or --all with --user.');
  if (all && user === undefined) {
    throw localError('usage', '--all needs --user. To end all your other sessions, use --others.');
  }
}

function placeOf({ agent, ip }: ListedSession): string {
  return `${sanitize(agent ?? 'an unknown program')} at ${sanitize(ip ?? 'an unknown address')}`;
}

function noSuchSession(id: string, { user }: SessionsEndOptions) {
  const list = user === undefined ? 'tokens sessions list' : `tokens sessions list --user ${sanitize(user)}`;
  return localError('not-found', `There is no session ${sanitize(id)}. Run \`${list}\` to see them.`);
}

function ownSession() {
  return localError('usage', 'You are using this session. Run `tokens logout` to end it.');
}

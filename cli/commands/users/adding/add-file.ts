import { count } from '../../../../shared/count.ts';
import type { CreateUserBody, InvitedUser } from '../../../../shared/schemas/accounts/users.ts';
import type { Context } from '../../../context.ts';
import { CliError, hasCode, localError } from '../../../errors.ts';
import { type Connection, connect } from '../../../session/connect.ts';
import { note, warn } from '../../../ui/notes.ts';
import { sanitize } from '../../../ui/sanitize.ts';
import { attemptAll } from '../../attempt-all.ts';
import { addUser } from './add-user.ts';
import { type ListedMember, readMembersFile } from './members-file.ts';
import type { UsersAddOptions } from './options.ts';

/** Names that the summary lists. The rest is counted. */
const maxNames = 10;

/** The result for a file. The command did not try a member who is in none of the lists. */
interface Outcome {
  readonly added: InvitedUser[];
  readonly present: string[];
  readonly failed: string[];
}

/**
 * Adds the members of a CSV file, one after the other. Leaves existing members as they are. Continues after a failure, like
 * `attemptAll`.
 */
export async function addFromFile(ctx: Context, path: string, options: UsersAddOptions): Promise<void> {
  const members = await readMembersWith(ctx, path, options);
  const connection = await connect(ctx, options);
  const { api } = connection;
  await confirmRoles(ctx, connection, members);
  const outcome: Outcome = { added: [], present: [], failed: [] };
  try {
    await attemptAll(members, async ({ line, body }) => {
      try {
        const user = await addUser(api, body, options.mail);
        outcome.added.push(user);
        await printAdded(ctx, options, user);
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        if (!hasCode(error, 'email-taken')) {
          outcome.failed.push(body.email);
          throw notAdded(error, body, line);
        }
        outcome.present.push(body.email);
        if (options.json) await printJson(ctx, { email: body.email, outcome: 'present' });
      }
    });
  } finally {
    await summarize(ctx, options, members.length, outcome);
  }
}

/**
 * If the file gives a role, asks the member to confirm who they are before the first change. A server asks nothing of a
 * management key.
 * @throws CliError like `confirmFirst`
 */
async function confirmRoles(ctx: Context, { api, credential }: Connection, members: readonly ListedMember[]) {
  const member = members.find(({ body }) => body.superuser || body.auditor);
  if (member === undefined || credential === 'key') return;
  const { confirmFirst, roleGiven } = await import('../../../session/confirm-first.ts');
  const { email, ...roles } = member.body;
  await confirmFirst(ctx, api, `the file makes ${sanitize(email)} ${roleGiven(roles)}`);
}

/** Reads the file, and gives every member the roles that the options name. @throws CliError `usage` if the file has a column for one, too. */
async function readMembersWith(ctx: Context, path: string, options: UsersAddOptions): Promise<ListedMember[]> {
  if (options.name !== undefined || options.passwordStdin) {
    const option = options.passwordStdin ? '--password-stdin' : '--name';
    throw localError('usage', `${option} is for one member. Leave it out with --file.`);
  }
  const { columns, members } = await readMembersFile(ctx, path);
  const forAll = ['superuser', 'auditor', 'grant'] as const;
  const twice = forAll.find((name) => options[name] && columns.includes(name));
  if (twice !== undefined) {
    throw localError('usage', `The file has a column "${twice}", so leave out --${twice}, which is for every member.`);
  }
  const roles = {
    ...(options.superuser && { superuser: true }),
    ...(options.auditor && { auditor: true }),
    ...(options.grant && { can_manage_tokens: true }),
  };
  return members.map(({ line, body }) => ({ line, body: { ...body, ...roles } }));
}

/** Prints a member as JSON, or their email address and the link of an invitation that was not mailed, separated by a tab. */
async function printAdded(ctx: Context, options: UsersAddOptions, user: InvitedUser): Promise<void> {
  if (options.json) return printJson(ctx, { ...user, outcome: 'added' });
  const { link = null } = user.invitation ?? {};
  if (link !== null) await ctx.stdout.write(`${sanitize(user.email)}\t${sanitize(link)}\n`);
}

async function printJson(ctx: Context, value: object): Promise<void> {
  const { printJson } = await import('../../../ui/json.ts');
  await printJson(ctx.stdout, value);
}

/** Names the member, because the problem does not. */
function notAdded(error: CliError, { email }: CreateUserBody, line: number): CliError {
  const { errors = [], ...problem } = error.problem;
  const why = errors[0]?.detail ?? problem.detail;
  const detail = `${sanitize(email)} (line ${line}) was not added. ${why}`;
  return new CliError({ ...problem, detail }, { cause: error, retryAfterSeconds: error.retryAfterSeconds });
}

/** Says how many members were added, and that another run adds those who are missing. */
async function summarize(ctx: Context, options: UsersAddOptions, total: number, outcome: Outcome): Promise<void> {
  const { added, present, failed } = outcome;
  const untried = total - added.length - present.length - failed.length;
  const sentences = [
    `Added ${count(added.length, 'member')}${howInvited(added)}.`,
    ...(present.length === 0 ? [] : [`Already there, and not changed: ${namesOf(present)}.`]),
    ...(failed.length === 0 ? [] : [`Not added: ${namesOf(failed)}.`]),
    ...(untried === 0 ? [] : [`Not tried: ${untried}.`]),
    ...(failed.length + untried === 0 ? [] : ['Run the command again to add those who are missing.']),
  ];
  await note(ctx, options, sentences.join(' '));
  if (!options.mail || added.every(({ status, invitation }) => status !== 'invited' || invitation !== null)) return;
  // Only superusers see the links. A management key could otherwise set the passwords.
  const command = 'tokens users invite EMAIL --link';
  await warn(
    ctx,
    options,
    `The server cannot send mail, so nobody was invited. A superuser gets each link with: ${command}`,
  );
}

function howInvited(added: readonly InvitedUser[]): string {
  const mailed = added.filter(({ invitation }) => invitation?.mailed).length;
  const linked = added.filter(({ invitation }) => invitation?.link).length;
  if (linked > 0) return '. The server cannot send mail, so pass each link on to the member';
  return mailed === 0 ? '' : ` and mailed ${mailed === 1 ? 'an invitation' : 'their invitations'}`;
}

function namesOf(emails: readonly string[]): string {
  const shown = emails.slice(0, maxNames).map(sanitize).join(', ');
  return emails.length > maxNames ? `${shown} and ${count(emails.length - maxNames, 'other')}` : shown;
}

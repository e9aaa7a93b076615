import type { Command } from 'commander';
import type { User } from '../../../shared/schemas/accounts/users.ts';
import { findUser } from '../../api/find/find-user.ts';
import { expectBody } from '../../api/responses.ts';
import { userShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { repeated } from '../../input/repeated.ts';
import { connect } from '../../session/connect.ts';
import { commandLine } from '../../ui/command-line.ts';
import { warn } from '../../ui/notes.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface UsersEditOptions extends GlobalOptions {
  email?: string;
  name?: string;
  group?: string[];
  /** False with `--no-groups`. */
  groups?: boolean;
}

export function registerUsersEdit(users: Command, ctx: Context): void {
  users
    .command('edit')
    .argument('<email>', 'Email address of the member')
    .summary("Change a member's email address, name or groups")
    .description(
      "Change a member's email address, name or groups. Both addresses get a mail. The address of a member who signs in with single sign-on comes from the identity provider and cannot be changed here. Groups decide which apps the member may use; those from the identity provider stay as they are.",
    )
    .option('--email <new>', 'New email address')
    .option('--name <name>', 'New name')
    .option(
      '--group <name>',
      'Group of the member; repeat it for each. Replaces the groups that superusers gave before',
      repeated,
    )
    .option('--no-groups', 'Remove all groups that superusers gave')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens users edit ada@example.com --email ada.lovelace@example.com\n  $ tokens users edit ada@example.com --group developers --group operations',
    )
    .action((email: string, _options, command: Command) => runUsersEdit(ctx, email, command.optsWithGlobals()));
}

async function runUsersEdit(ctx: Context, email: string, options: UsersEditOptions): Promise<void> {
  const json = {
    ...(options.email !== undefined && { email: options.email }),
    ...(options.name !== undefined && { name: options.name }),
    ...groupsOf(options),
  };
  if (Object.keys(json).length === 0) throw localError('usage', 'Give --email, --name, --group or --no-groups.');
  const { api } = await connect(ctx, options);
  const before = await findUser(api, email);
  const user = await expectBody(api.users[':id'].$patch({ param: { id: before.id }, json }), userShape);
  const name = user.name === '' ? '' : ` (${sanitize(user.name)})`;
  const groups = json.groups === undefined ? '' : `, ${groupList(user)}`;
  const outcome = `Changed ${sanitize(before.email)}: now ${sanitize(user.email)}${name}${groups}.`;
  await printOutcome(ctx, options, user, outcome);
  if (user.status !== 'invited' || user.email === before.email) return;
  const again = commandLine('users invite', user.email);
  await warn(ctx, options, `The earlier invitation no longer works. Send another one: ${again}`);
}

function groupsOf({ group, groups }: UsersEditOptions): { groups?: string[] } {
  if (group !== undefined && groups === false) throw localError('usage', 'Give either --group or --no-groups.');
  if (groups === false) return { groups: [] };
  return group === undefined ? {} : { groups: group };
}

/** Returns the groups of a member as a phrase. */
function groupList({ groups }: User): string {
  const names = [...new Set(groups.map(({ name }) => sanitize(name)))];
  return names.length === 0 ? 'in no group' : `in ${names.length === 1 ? 'group' : 'groups'} ${names.join(', ')}`;
}

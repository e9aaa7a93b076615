import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerSessionsEnd } from './end.ts';
import { registerSessionsList } from './list.ts';

/** Registers `tokens sessions` and its commands. */
export function registerSessions(program: Command, ctx: Context): void {
  const sessions = program.command('sessions').summary('List and end sessions');
  sessions.description(
    'List where you are signed in, and end sessions. Superusers can do both for any member. Auditors can list.',
  );
  sessions.addHelpText('after', '\nExample:\n  $ tokens sessions list');
  for (const register of [registerSessionsList, registerSessionsEnd]) register(sessions, ctx);
}

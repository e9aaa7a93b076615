import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerSessionsEnd } from './end.ts';
import { registerSessionsList } from './list.ts';

/** Defines `tokens sessions` and its commands. */
export function defineSessions(sessions: Command, ctx: Context): void {
  sessions.description(
    'List where you are signed in, and end sessions. Superusers can do both for any member. Auditors can list.',
  );
  sessions.addHelpText('after', '\nExample:\n  $ tokens sessions list');
  for (const register of [registerSessionsList, registerSessionsEnd]) register(sessions, ctx);
}

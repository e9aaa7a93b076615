import { settings } from '../../server/config/settings/settings.ts';
import { problemDescriptions } from '../../shared/problem-descriptions.ts';
import { type ProblemCode, problems } from '../../shared/problems.ts';
import { auditActionDescriptions } from '../../shared/schemas/audit.ts';
import { code, table } from './markdown.ts';

/** What each exit code of `tokens` means. A test compares the keys with the codes that problems use. */
export const exitCodes: Readonly<Record<number, string>> = {
  0: 'The command succeeded.',
  1: 'Something unexpected happened: the server failed (5xx), is not a tokensd server or redirects elsewhere, output could not be written, or there is no OS keychain.',
  2: 'The command line or its input is invalid.',
  3: 'The thing that the command names does not exist.',
  4: 'You are not signed in or not allowed to do this. For `check`: the token is not active. For `doctor`: a check failed. For `scan`: a value works.',
  5: 'There is a conflict: a name or an email address is taken, a limit is reached, a token is not active, or it concerns the last superuser.',
  6: 'The server cannot be reached or did not respond in time.',
  7: 'There were too many attempts. Wait and try again.',
  126: '`tokens exec`: the command cannot be run.',
  127: '`tokens exec`: there is no such command.',
  130: 'You cancelled the command with Ctrl-C or by answering no.',
};

export function settingsTable(): string {
  const rows = settings.map(({ name, default: fallback, description }) => [code(name), fallback, description]);
  return table(['setting', 'default', 'meaning'], rows);
}

export function problemsTable(): string {
  const rows = Object.entries(problems).map(([name, { status, exit, title }]) => [
    code(name),
    status === 0 ? '–' : `${status}`,
    `${exit}`,
    title,
    problemDescriptions[name as ProblemCode],
  ]);
  return table(['code', 'status', 'exit code', 'title', 'cause and remedy'], rows);
}

export function exitCodesTable(): string {
  const rows = Object.entries(exitCodes).map(([exit, meaning]) => [exit, meaning, codesWithExit(Number(exit))]);
  return table(['exit code', 'meaning', 'problems'], rows);
}

function codesWithExit(exit: number): string {
  const codes = Object.entries(problems).filter(([, problem]) => problem.exit === exit);
  return codes.map(([name]) => code(name)).join(', ');
}

export function auditTable(): string {
  const rows = Object.entries(auditActionDescriptions).map(([action, meaning]) => [code(action), meaning]);
  return table(['action', 'recorded when'], rows);
}

import { exitCodes } from '../../cli/help/exit-codes.ts';
import { settings } from '../../server/config/settings/settings.ts';
import { auditActionDescriptions } from '../../shared/audit-actions.ts';
import { problemDescriptions } from '../../shared/problem-descriptions.ts';
import { type ProblemCode, problems } from '../../shared/problems.ts';
import { code, table } from './markdown.ts';

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

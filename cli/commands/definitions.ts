import type { Command } from 'commander';
import type { Context } from '../context.ts';
import type { CommandName } from './command-table.ts';

/** Adds the arguments, options and action to a command, or the commands to a group. */
type Define = (command: Command, ctx: Context) => void;

/** Loads what defines each command of `commandTable`. Only the command that runs is loaded, because loading all takes longer than most commands. */
export const definitions: Readonly<Record<CommandName, () => Promise<Define>>> = {
  login: async () => (await import('./session/login.ts')).defineLogin,
  logout: async () => (await import('./session/logout.ts')).defineLogout,
  status: async () => (await import('./session/status.ts')).defineStatus,
  whoami: async () => (await import('./session/whoami.ts')).defineWhoami,
  sessions: async () => (await import('./sessions/sessions.ts')).defineSessions,
  password: async () => (await import('./session/password.ts')).definePassword,
  open: async () => (await import('./console/open.ts')).defineOpen,
  servers: async () => (await import('./servers/servers.ts')).defineServers,
  create: async () => (await import('./tokens/create/create.ts')).defineCreate,
  list: async () => (await import('./tokens/lists/list.ts')).defineList,
  show: async () => (await import('./tokens/show.ts')).defineShow,
  usage: async () => (await import('./tokens/usage.ts')).defineUsage,
  suggest: async () => (await import('./tokens/suggest.ts')).defineSuggest,
  test: async () => (await import('./tokens/test.ts')).defineTest,
  edit: async () => (await import('./tokens/edit.ts')).defineEdit,
  rotate: async () => (await import('./tokens/rotate.ts')).defineRotate,
  pause: async () => (await import('./tokens/pause.ts')).definePause,
  resume: async () => (await import('./tokens/resume.ts')).defineResume,
  transfer: async () => (await import('./tokens/transfer.ts')).defineTransfer,
  revoke: async () => (await import('./tokens/revoke.ts')).defineRevoke,
  get: async () => (await import('./tokens/get.ts')).defineGet,
  exec: async () => (await import('./tokens/exec.ts')).defineExec,
  ensure: async () => (await import('./tokens/ensure/ensure.ts')).defineEnsure,
  check: async () => (await import('./tokens/check/check.ts')).defineCheck,
  scan: async () => (await import('./leaks/scan.ts')).defineScan,
  scanner: async () => (await import('./leaks/scanner.ts')).defineScanner,
  exchange: async () => (await import('./tokens/exchange/exchange.ts')).defineExchange,
  grant: async () => (await import('./users/grant.ts')).defineGrant,
  ungrant: async () => (await import('./users/ungrant.ts')).defineUngrant,
  offboard: async () => (await import('./users/leaving/offboard.ts')).defineOffboard,
  report: async () => (await import('./tokens/lists/report.ts')).defineReport,
  audit: async () => (await import('./audit.ts')).defineAudit,
  apply: async () => (await import('./organization/apply.ts')).defineApply,
  export: async () => (await import('./organization/export.ts')).defineExport,
  users: async () => (await import('./users/users.ts')).defineUsers,
  'service-accounts': async () => (await import('./service-accounts/service-accounts.ts')).defineServiceAccounts,
  apps: async () => (await import('./apps/apps.ts')).defineApps,
  clients: async () => (await import('./clients/clients.ts')).defineClients,
  trusts: async () => (await import('./trusts/trusts.ts')).defineTrusts,
  webhooks: async () => (await import('./webhooks/webhooks.ts')).defineWebhooks,
  doctor: async () => (await import('./doctor/doctor.ts')).defineDoctor,
  completion: async () => (await import('./completion/completion.ts')).defineCompletion,
};

import { Command } from 'commander';
import { registerAppsCreate } from './commands/apps/create.ts';
import { registerAppsDelete } from './commands/apps/delete.ts';
import { registerAppsEdit } from './commands/apps/edit.ts';
import { registerAppsList } from './commands/apps/list.ts';
import { registerAppsShow } from './commands/apps/show.ts';
import { registerAudit } from './commands/audit.ts';
import { registerClientsCreate } from './commands/clients/create.ts';
import { registerClientsDelete } from './commands/clients/delete.ts';
import { registerClientsEdit } from './commands/clients/edit.ts';
import { registerClientsList } from './commands/clients/list.ts';
import { registerClientsRotate } from './commands/clients/rotate.ts';
import { registerCompletion } from './commands/completion/completion.ts';
import { registerOpen } from './commands/console/open.ts';
import { registerDoctorProxy } from './commands/doctor/proxy.ts';
import { registerScan } from './commands/leaks/scan.ts';
import { registerScanner } from './commands/leaks/scanner.ts';
import { registerApply } from './commands/organization/apply.ts';
import { registerExport } from './commands/organization/export.ts';
import { registerServersList } from './commands/servers/list.ts';
import { registerServersRemove } from './commands/servers/remove.ts';
import { registerServersUse } from './commands/servers/use.ts';
import { registerServiceAccounts } from './commands/service-accounts/service-accounts.ts';
import { registerLogin } from './commands/session/login.ts';
import { registerLogout } from './commands/session/logout.ts';
import { registerPassword } from './commands/session/password.ts';
import { registerStatus } from './commands/session/status.ts';
import { registerWhoami } from './commands/session/whoami.ts';
import { registerSessions } from './commands/sessions/sessions.ts';
import { registerCheck } from './commands/tokens/check/check.ts';
import { registerCreate } from './commands/tokens/create/create.ts';
import { registerEdit } from './commands/tokens/edit.ts';
import { registerEnsure } from './commands/tokens/ensure/ensure.ts';
import { registerExchange } from './commands/tokens/exchange/exchange.ts';
import { registerExec } from './commands/tokens/exec.ts';
import { registerGet } from './commands/tokens/get.ts';
import { registerList } from './commands/tokens/lists/list.ts';
import { registerReport } from './commands/tokens/lists/report.ts';
import { registerPause } from './commands/tokens/pause.ts';
import { registerResume } from './commands/tokens/resume.ts';
import { registerRevoke } from './commands/tokens/revoke.ts';
import { registerRotate } from './commands/tokens/rotate.ts';
import { registerShow } from './commands/tokens/show.ts';
import { registerSuggest } from './commands/tokens/suggest.ts';
import { registerTest } from './commands/tokens/test.ts';
import { registerTransfer } from './commands/tokens/transfer.ts';
import { registerUsage } from './commands/tokens/usage.ts';
import { registerTrusts } from './commands/trusts/trusts.ts';
import { registerUsersAdd } from './commands/users/adding/add.ts';
import { registerUsersData } from './commands/users/data.ts';
import { registerUsersDemote } from './commands/users/demote.ts';
import { registerUsersDisable } from './commands/users/disable.ts';
import { registerUsersEdit } from './commands/users/edit.ts';
import { registerUsersEnable } from './commands/users/enable.ts';
import { registerGrant } from './commands/users/grant.ts';
import { registerUsersInvite } from './commands/users/invite.ts';
import { registerUsersDelete } from './commands/users/leaving/delete.ts';
import { registerUsersErase } from './commands/users/leaving/erase.ts';
import { registerOffboard } from './commands/users/leaving/offboard.ts';
import { registerUsersList } from './commands/users/list.ts';
import { registerUsersPromote } from './commands/users/promote.ts';
import { registerUsersResetTotp } from './commands/users/reset-totp.ts';
import { registerUsersUnbind } from './commands/users/unbind.ts';
import { registerUngrant } from './commands/users/ungrant.ts';
import { registerWebhooks } from './commands/webhooks/webhooks.ts';
import type { Context, GlobalOptions } from './context.ts';
import { helpTopics } from './help/topic-names.ts';
import { warnAboutExpiry } from './session/expiry-warning.ts';

/** Collects the output of commander, because only the outcome decides which stream it belongs to. */
export interface HelpOutput {
  out: string;
  err: string;
}

/** Creates the command tree. Uses no disk and no network. */
export function createProgram(ctx: Context, output: HelpOutput): Command {
  const program = new Command('tokens')
    .description('Create, list and revoke personal API tokens')
    .version(ctx.version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show help')
    .helpCommand('help [command]', 'Show help for a command')
    .option('--server <url>', 'Server to use (default: TOKENS_SERVER, else the server you signed in to)')
    .option('--json', 'Print data and errors as JSON')
    .option('--no-color', 'Print without colors')
    .option('--verbose', 'Print each request on stderr')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => {
        output.out += text;
      },
      writeErr: (text) => {
        output.err += text;
      },
      getOutHelpWidth: () => ctx.stdout.columns,
      getErrHelpWidth: () => ctx.stdout.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      `\nMore help: tokens help ${helpTopics.join('|')}\n\nGet started:\n  $ tokens login https://tokens.example.com\n  $ tokens create ci-pipeline --expires 90d`,
    );

  for (const register of accountCommands) register(program.commandsGroup('Account:'), ctx);
  for (const register of tokenCommands) register(program.commandsGroup('Tokens:'), ctx);
  for (const register of superuserCommands) register(program.commandsGroup('Organization Superusers:'), ctx);
  const users = program.command('users').alias('team').summary('Manage members');
  users.description('Manage the members of the organization.');
  users.addHelpText('after', '\nExample:\n  $ tokens users list');
  for (const register of usersCommands) register(users, ctx);
  registerServiceAccounts(program, ctx);
  const apps = program.command('apps').alias('app').summary('Manage apps');
  apps.description('Manage apps: the applications that your proxy protects.');
  apps.addHelpText('after', '\nExample:\n  $ tokens apps create grafana --url https://grafana.example.com');
  for (const register of appsCommands) register(apps, ctx);
  const clients = program.command('clients').summary('Manage OAuth clients');
  clients.description('Manage OAuth clients: the API servers that verify tokens by introspection.');
  clients.addHelpText('after', '\nExample:\n  $ tokens clients create api-gateway');
  for (const register of clientsCommands) register(clients, ctx);
  registerTrusts(program, ctx);
  registerWebhooks(program, ctx);
  const servers = program.commandsGroup('Account:').command('servers').summary('Manage the servers you signed in to');
  servers.description('Manage the servers you signed in to from this machine.');
  servers.addHelpText('after', '\nExample:\n  $ tokens servers list');
  for (const register of serversCommands) register(servers, ctx);
  const doctor = program.commandsGroup('Operations:').command('doctor').summary('Check your proxy setup');
  doctor.description('Check your proxy setup.');
  doctor.addHelpText('after', '\nExample:\n  $ tokens doctor proxy https://api.example.com/builds');
  registerDoctorProxy(doctor, ctx);
  registerCompletion(program.commandsGroup('Shell:'), ctx);
  program.hook('postAction', async (_program, command) => {
    if (command.parent === program && ownersCommands.includes(command.name())) {
      await warnAboutExpiry(ctx, command.optsWithGlobals<GlobalOptions>());
    }
  });
  return program;
}

/** The commands after which a member is warned about their tokens that end soon. */
const ownersCommands = [
  'whoami',
  'list',
  'show',
  'usage',
  'suggest',
  'test',
  'create',
  'rotate',
  'edit',
  'pause',
  'resume',
  'revoke',
];

const accountCommands = [
  registerLogin,
  registerLogout,
  registerStatus,
  registerWhoami,
  registerSessions,
  registerPassword,
  registerOpen,
];
const tokenCommands = [
  registerCreate,
  registerList,
  registerShow,
  registerUsage,
  registerSuggest,
  registerTest,
  registerEdit,
  registerRotate,
  registerPause,
  registerResume,
  registerTransfer,
  registerRevoke,
  registerGet,
  registerExec,
  registerEnsure,
  registerCheck,
  registerScan,
  registerScanner,
  registerExchange,
];
const superuserCommands = [
  registerGrant,
  registerUngrant,
  registerOffboard,
  registerReport,
  registerAudit,
  registerApply,
  registerExport,
];
const appsCommands = [registerAppsCreate, registerAppsList, registerAppsShow, registerAppsEdit, registerAppsDelete];
const clientsCommands = [
  registerClientsCreate,
  registerClientsList,
  registerClientsEdit,
  registerClientsRotate,
  registerClientsDelete,
];
const serversCommands = [registerServersList, registerServersUse, registerServersRemove];
const usersCommands = [
  registerUsersList,
  registerUsersAdd,
  registerUsersInvite,
  registerUsersEdit,
  registerUsersDisable,
  registerUsersEnable,
  registerUsersPromote,
  registerUsersDemote,
  registerUsersResetTotp,
  registerUsersDelete,
  registerUsersErase,
  registerUsersData,
  registerUsersUnbind,
];

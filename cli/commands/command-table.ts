/** Every command of `tokens`, by the headings of `tokens --help` and in its order. `definitions.ts` has the rest of each. */
export const commandTable = {
  'Account:': [
    { name: 'login', summary: 'Sign in to a server' },
    { name: 'logout', summary: 'Sign out' },
    { name: 'status', summary: 'Check the server, your session and your tokens' },
    { name: 'whoami', summary: 'Show who is signed in' },
    { name: 'sessions', summary: 'List and end sessions' },
    { name: 'password', summary: 'Change your password or two-factor sign-in' },
    { name: 'open', summary: 'Open the console in your browser' },
    { name: 'servers', summary: 'Manage the servers you signed in to' },
  ],
  'Tokens:': [
    { name: 'create', summary: 'Create a token and print its value once' },
    { name: 'list', alias: 'ls', summary: 'List tokens and their last use' },
    { name: 'show', summary: 'Show one token' },
    { name: 'usage', summary: 'Show how a token was used' },
    { name: 'suggest', summary: 'Suggest rules from how a token was used' },
    { name: 'test', summary: 'Test whether a token may make a request' },
    { name: 'edit', summary: "Change a token's name, description, expiry or rules" },
    { name: 'rotate', summary: 'Give a token a new value' },
    { name: 'pause', summary: 'Stop tokens until they are resumed' },
    { name: 'resume', summary: 'Let paused or idle tokens work again' },
    { name: 'transfer', summary: 'Give a token to a service account' },
    { name: 'revoke', alias: 'rm', summary: 'Revoke tokens permanently' },
    { name: 'get', summary: 'Print a stored token value' },
    { name: 'exec', summary: 'Run a command with a stored token value' },
    { name: 'ensure', summary: 'Keep a working token value in a file' },
    { name: 'check', summary: 'Check whether a token works' },
    { name: 'scan', summary: 'Find leaked tokens in files and in Git' },
    { name: 'scanner', summary: 'Print the rule by which a secret scanner finds tokens' },
    { name: 'exchange', summary: "Exchange a job's identity token for a token" },
  ],
  'Organization Superusers:': [
    { name: 'grant', summary: 'Let members create and manage tokens' },
    { name: 'ungrant', summary: "Remove members' permission and block their tokens" },
    { name: 'offboard', summary: 'Disable an account and revoke its tokens, or transfer those in use' },
    { name: 'report', summary: 'Count the tokens that are active, and those that need attention' },
    { name: 'audit', summary: 'Show the audit log' },
    { name: 'apply', summary: 'Bring the organization to the state in a file' },
    { name: 'export', summary: 'Print the organization as a file' },
    { name: 'users', alias: 'team', summary: 'Manage members' },
    { name: 'service-accounts', alias: 'sa', summary: 'Manage service accounts' },
    { name: 'apps', alias: 'app', summary: 'Manage apps' },
    { name: 'clients', summary: 'Manage OAuth clients' },
    { name: 'trusts', alias: 'trust', summary: 'Manage trusts' },
    { name: 'webhooks', alias: 'webhook', summary: 'Manage webhooks' },
  ],
  'Operations:': [{ name: 'doctor', summary: 'Check your proxy setup' }],
  'Shell:': [{ name: 'completion', summary: 'Print a completion script for your shell' }],
} as const satisfies Readonly<Record<string, ReadonlyArray<{ name: string; alias?: string; summary: string }>>>;

export type CommandName = (typeof commandTable)[keyof typeof commandTable][number]['name'];

/** A command of `tokens`, or a group of commands. */
export interface CommandEntry {
  readonly name: CommandName;
  readonly alias?: string;
  readonly summary: string;
}

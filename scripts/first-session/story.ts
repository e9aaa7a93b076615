/** A command line that is typed, and what else is typed while it runs. */
export interface Line {
  readonly command: string;
  /** A text that appears, and what is typed then. Enter follows. */
  readonly answers?: ReadonlyArray<readonly [shown: string, typed: string]>;
  /** The terminal in which the daemon runs. */
  readonly terminal?: 'daemon';
  /** The command keeps running. This text shows that it is ready. */
  readonly keepsRunningAfter?: string;
  /** An earlier command still runs in this terminal. Ctrl-C ends it first. */
  readonly isRunning?: boolean;
  /** A command of the shell that is repeated before, unseen, until it succeeds. */
  readonly waitFor?: string;
}

export interface Chapter {
  readonly title: string;
  readonly text: string;
  readonly lines: readonly Line[];
  /** The number of mails that arrive during the step. */
  readonly mails?: number;
}

const password = 'correct horse battery staple';
const verify = `curl -si -w '\\n' -H "Authorization: Token $VALUE" $SERVER/verify/forward-auth`;

/** Returns the steps of a newcomer's first ten minutes. `server` is the address of the daemon. */
export function storyOf(server: string): readonly Chapter[] {
  return [
    {
      title: 'Start the daemon',
      text: 'Ada starts the daemon. `TOKENSD_SMTP_URL` names a mail server.',
      lines: [
        {
          command: 'tokensd init --email ada@example.com --name "Ada Lovelace"',
          answers: [
            ['Password', password],
            ['Repeat', password],
          ],
          terminal: 'daemon',
        },
        { command: 'tokensd serve', terminal: 'daemon', keepsRunningAfter: 'Press Ctrl-C' },
      ],
    },
    {
      title: 'Sign in',
      text: 'In a second terminal:',
      lines: [
        { command: `export SERVER=${server}` },
        {
          command: 'tokens login $SERVER',
          answers: [
            ['Email', 'ada@example.com'],
            ['Password', password],
          ],
        },
        { command: 'tokens list' },
      ],
    },
    {
      title: 'Create a token',
      text: 'Without a name, `tokens create` asks. The second token goes into a variable of the shell.',
      lines: [
        {
          command: 'tokens create',
          answers: [
            ['Name', 'laptop'],
            ['Expires', ''],
          ],
        },
        { command: 'VALUE=$(tokens create deploy --expires 30d)' },
        { command: 'tokens list' },
      ],
      mails: 2,
    },
    {
      title: 'Use it',
      text: 'The daemon gives the verdict that it gives a proxy. `tokens exec` gives the value to a program, without showing it to others.',
      lines: [
        { command: verify },
        { command: '(umask 077; printf %s "$VALUE" > ~/deploy-token)' },
        {
          command: `echo 'curl -s -w "%{http_code}\\n" -H "Authorization: Token $TOKENS_TOKEN" $SERVER/verify/forward-auth' > deploy.sh`,
        },
        { command: 'tokens exec deploy --file ~/deploy-token -- sh deploy.sh' },
        { command: 'tokens show deploy', waitFor: 'tokens show deploy --json | grep -q curl' },
        { command: 'tokens status' },
      ],
    },
    {
      title: 'Limit what it may do',
      text: '`tokens test` says what the daemon would decide, without the value.',
      lines: [
        { command: 'tokens edit deploy --description "Deploys the website" --allow "GET /builds/**"' },
        { command: 'tokens test deploy --method GET --path /builds/42' },
        { command: 'tokens test deploy --method DELETE --path /builds/42' },
        {
          command: `curl -si -w '\\n' -H "Authorization: Token $VALUE" -H "X-Forwarded-Method: DELETE" -H "X-Forwarded-Uri: /builds/42" $SERVER/verify/forward-auth`,
        },
      ],
    },
    {
      title: 'See how it is used',
      text: 'The daemon saves its counts every minute, and when it ends. In the first terminal, Ada stops it with Ctrl-C and starts it again:',
      lines: [
        {
          command: 'tokensd serve',
          terminal: 'daemon',
          isRunning: true,
          keepsRunningAfter: 'Press Ctrl-C',
        },
        { command: 'tokens usage deploy --days 7' },
      ],
    },
    {
      title: 'Make mistakes',
      text: 'Errors say what to do next.',
      lines: [
        { command: 'tokens lst' },
        { command: 'tokens delete deploy' },
        { command: 'tokens list --expirng 7d' },
        { command: 'tokens show deplyo' },
        { command: 'tokens create deploy' },
      ],
    },
    {
      title: 'Rotate it',
      text: 'The old value keeps working for a day, unless Ada ends it earlier.',
      lines: [
        { command: 'tokens rotate deploy' },
        { command: 'tokens show deploy' },
        { command: 'tokens rotate deploy --finish' },
      ],
      mails: 1,
    },
    {
      title: 'Pause and revoke it',
      text: 'A pause can be undone, and a revocation cannot.',
      lines: [
        { command: 'tokens pause deploy --reason "Who uses this?"' },
        { command: 'tokens list' },
        { command: 'tokens revoke deploy', answers: [['(y/N)', 'y']] },
        { command: verify },
        {
          command: 'tokens show deploy',
          waitFor: `tokens show deploy --json | grep -q '"denied_requests":\\[{'`,
        },
      ],
      mails: 1,
    },
    {
      title: 'Invite a colleague',
      text: 'As a superuser, Ada adds members and reads the audit log.',
      lines: [
        { command: 'tokens users add grace@example.com --name "Grace Hopper" --grant' },
        { command: 'tokens users list' },
        { command: 'tokens audit --limit 5' },
        { command: 'tokens logout' },
      ],
      mails: 1,
    },
  ];
}

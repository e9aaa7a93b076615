import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import type { Context } from '../../server/context.ts';
import { createProgram } from '../../server/program.ts';

const mistakes = [
  'TOKENSD_SMTP_URL_FILE names /nonexistent/smtp, which cannot be read: there is no such file',
  'TOKENSD_LISTN is not a setting of this version. Did you mean TOKENSD_LISTEN?',
];
let stdout = '';
const context: Context = {
  env: {
    TOKENSD_DATA_DIR: '/nonexistent/tokensd',
    TOKENSD_LISTN: '127.0.0.1:1',
    TOKENSD_SMTP_URL_FILE: '/nonexistent/smtp',
  },
  stdin: new PassThrough(),
  stdout: {
    async write(text) {
      stdout += text;
    },
  },
  stderr: new PassThrough(),
  pid: 1,
  uid: 0,
  programName: 'tokensd',
  onStopSignal: () => {},
  onReopenSignal: () => {},
  exitNow: () => {},
  withUmask: (_mask, work) => work(),
};
const createTokensd = () => createProgram(context, '0.0.0', () => {});

const run = (line: string) => createTokensd().parseAsync(line.split(' '), { from: 'user' });

it.each(commandLines(createTokensd(), []).filter((line) => line !== 'check'))(
  '`tokensd %s` reports every invalid setting and exits 2',
  async (line) => {
    await expect(run(line)).rejects.toMatchObject({ exit: 2, mistakes });
  },
  // The first run of a command compiles everything that it imports.
  60_000,
);

it('`tokensd check` prints every invalid setting as a failed check and exits 2', async () => {
  await expect(run('check')).rejects.toMatchObject({ exit: 2, message: '' });
  for (const mistake of mistakes) expect(stdout).toContain(`failed   settings         ${mistake}`);
});

it.each([
  'serve',
  'init --email a@example.com --password-stdin',
  'migrate',
  'mail list',
  'mail test a@example.com',
  'recover --email a@example.com',
])(
  '`tokensd %s` says which setting names a data directory that cannot be used',
  async (line) => {
    const env = { TOKENSD_DATA_DIR: `${import.meta.filename}/data`, TOKENSD_LOG_LEVEL: 'silent' };
    const stdin = new PassThrough();
    stdin.end('correct horse battery staple');
    const program = createProgram({ ...context, env, stdin }, '0.0.0', () => {});
    const message = /^The data directory \S+ cannot be used \(ENOTDIR\)\. .+ set TOKENSD_DATA_DIR/;
    await expect(program.parseAsync(line.split(' '), { from: 'user' })).rejects.toThrow(message);
  },
  60_000,
);

/** Returns a command line for each command without subcommands, with a value for everything that it requires. */
function commandLines(command: Command, path: string[]): string[] {
  if (command.commands.length > 0) {
    return command.commands.flatMap((child) => commandLines(child, [...path, child.name()]));
  }
  const argumentOf = (option = '') =>
    option === '--email' ? 'a@example.com' : `https://${option.slice(2)}.example.com`;
  const required = command.options
    .filter(({ mandatory }) => mandatory)
    .map(({ long }) => `${long} ${argumentOf(long)}`);
  return [[...path, ...command.registeredArguments.map(() => 'a@example.com'), ...required].join(' ')];
}

import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../cli/program.ts';
import { bareContext, openTestCli, type TestCli } from './helpers/cli/cli.ts';
import { acting, printing } from './helpers/cli/commands.ts';

/** Commands that need no server. */
const local = ['scan', 'servers list', 'servers use', 'servers remove'];

let cli: TestCli;
beforeAll(async () => {
  cli = await openTestCli();
});
afterAll(() => cli.close());

const commands = leaves(await createProgram(bareContext(), { out: '', err: '' }), []);

it('classifies every command as printing or acting', () => {
  expect(commands.map(({ path }) => path).sort()).toEqual([...printing, ...acting].sort());
});

describe.each(commands)('$path', ({ path, command }) => {
  it('has a summary and a description', () => {
    expect(command.summary()).toMatch(/^\S.*[^.]$/);
    expect(command.description()).toMatch(/^\S.*\.$/s);
  });

  it('shows an example, its options and the global options in its help, and does nothing else', async () => {
    const ran = await cli.run([...path.split(' '), '--help']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain(`$ tokens ${path}`.replace('$ tokens get', 'tokens get'));
    for (const option of [
      '--server',
      '--json',
      '--no-color',
      '--verbose',
      ...command.options.map(({ long }) => long ?? ''),
    ]) {
      expect(ran.stdout).toContain(option);
    }
  });

  it('describes every option and argument', () => {
    for (const { description } of [...command.options, ...command.registeredArguments])
      expect(description).not.toBe('');
  });

  it('never takes a secret as an argument', () => {
    const taking = command.options.filter(({ required, optional }) => required || optional).map(({ long }) => long);
    // The path of a file with a secret is none.
    // An option such as --secrets-file takes the path of a file.
    const values = taking.filter((name) => !name?.endsWith('-file'));
    for (const name of values) expect(name).not.toMatch(/password|token|secret|session/);
  });

  it('is a usage error or does nothing without a server, with at most one JSON problem', async () => {
    const values = command.registeredArguments.filter(({ required }) => required).map(() => 'x');
    const ran = await cli.run([...path.split(' '), ...values, '--json'], {
      stdin: 'tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE',
    });
    if (local.includes(path)) return;
    expect(ran.stdout).toBe('');
    if (path === 'logout') return expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.code).toBe(2);
    expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'usage', status: 0 });
  });
});

function leaves(command: Command, path: string[]): { path: string; command: Command }[] {
  return command.commands.flatMap((child) => {
    const here = [...path, child.name()];
    return child.commands.length > 0 ? leaves(child, here) : [{ path: here.join(' '), command: child }];
  });
}

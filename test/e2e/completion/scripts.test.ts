import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Command, Option } from 'commander';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kindOfArguments } from '../../../cli/commands/completion/kinds.ts';
import { isFileOption, valuesOf } from '../../../cli/commands/completion/values.ts';
import { createProgram } from '../../../cli/program.ts';
import { bareContext } from '../../helpers/cli/cli.ts';
import { bareEnvironment, runProgram } from '../../helpers/daemon/process.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

/** Code that completes a line in each shell. `$script` is the file of the script; the arguments are the whole line, then its words. */
const harness = {
  bash: `source "$script"; compopt() { [[ $2 != default ]] || ls; }; COMP_LINE=$0 COMP_POINT=\${#0} COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _tokens; printf '%s\\n' "$\{COMPREPLY[@]}"`,
  zsh: `compdef() { :; }; compset() { :; }; compadd() { shift $@[(i)--]; print -rl -- $@ }; _files() { ls }
        _describe() { eval print -rl -- '$'$@[-1] }; source $script
        words=("$@") CURRENT=$# PREFIX=$@[-1]; _tokens`,
  fish: `source $script; complete -C $argv[1]`,
};

/** What is in the current directory. */
const files = ['members.csv', 'organization.yaml'];
const program = await createProgram(bareContext(), { out: '', err: '' });
const commands = pathsOf(program, []);

describe.each(['bash', 'zsh', 'fish'] as const)('completion %s', (shell) => {
  it.skipIf(!hasRealParts(shell))('completes every command and alias', async () => {
    const complete = await loadCompletion(shell);
    for (const path of commands)
      expect(await complete([...path.slice(0, -1), '']), path.join(' ')).toContain(path.at(-1));
  });

  it.skipIf(!hasRealParts(shell))(
    'completes options after a dash and fixed choices, and no name of a new token',
    async () => {
      const complete = await loadCompletion(shell);
      expect(await complete(['create', '--'])).toEqual(expect.arrayContaining(['--expires', '--json', '--help']));
      expect(await complete(['--json', 'users', 'add', '--'])).toContain('--grant');
      expect(await complete(['completion', ''])).toEqual(['bash', 'fish', 'zsh']);
      expect(await complete(['create', ''])).toEqual([]);
    },
  );
});

describe.each(['bash', 'zsh', 'fish'] as const)('the words that completion %s offers', (shell) => {
  const all = ['active', 'blocked', 'disabled', 'expired', 'idle', 'paused', 'sso-stale'];
  it.skipIf(!hasRealParts(shell))('fit what stands before them', async () => {
    const complete = await loadCompletion(shell);
    for (const [line, expected] of [
      ['--server ', []],
      ['--server localhost apps show ', ['names:app:--server:localhost']],
      ['--server=localhost apps show ', ['names:app:--server:localhost']],
      ['show ', ['names:token']],
      ['show zz ', []],
      ['pause one ', ['names:token']],
      ['revoke --service-account=ci ', ['names:token:--service-account:ci']],
      ['revoke -s ci ', ['names:token:--service-account:ci']],
      ['revoke -s ', ['names:service-account']],
      ['revoke --all ', []],
      ['revoke --stdin ', []],
      ['revoke --status expired ', []],
      ['revoke --status ', all],
      ['revoke --status=ex', ['expired']],
      ['create x --expires ', []],
      ['create x --app ', ['names:app']],
      ['create x --app=na', ['names:app']],
      ['create x --description=', []],
      ['rename ', []],
      ['users nonsense ', []],
      ['completion bash ', []],
      ['help show ', []],
      ['apply --file ', files],
      ['apply -f ', files],
      ['users add --file=', files],
      ['users add --file mem', ['members.csv']],
      ['scan ', files],
      ['scan members.csv ', files],
      ['help scan ', []],
      ['ensure ci --out ', files],
      ['test ci --path ', []],
      ['exchange --id-token-file ', files],
      ['audit --action token.pa', ['token.paused']],
      ['audit --action=token.pa', ['token.paused']],
      ['webhooks create --event token.pa', ['token.paused']],
      ['list --columns prev', ['previous', 'previous_used_at']],
      ['list --columns=own', ['owner', 'owner_kind']],
      ['list --columns name,own', ['owner', 'owner_kind']],
      ['list --columns=name,id,own', ['owner', 'owner_kind']],
      ['list --sort na', ['name']],
      ['login --credential-store ', ['file', 'keychain']],
      ['create key --manage aud', ['audit:read']],
      ['apps create x --preflight ', ['deny', 'pass']],
      ['webhooks edit x --format s', ['slack', 'standard']],
    ] as const)
      expect(await complete(line.split(' ')), line).toEqual(expected);
    expect(await complete(['help', ''])).toEqual(expect.arrayContaining(['show', 'environment', 'exit-codes']));
    expect(await complete(['help', 'form'])).toEqual(['formatting']);
    expect(await complete([''])).not.toContain('environment');
    expect(await complete(['help', 'users', ''])).not.toContain('environment');
    expect(await complete(['help', 'users', ''])).toContain('invite');
    expect(await complete(['revoke', '--all', '--'])).toContain('--yes');
  });
});

it('asks for the names of existing objects', () => {
  const create = /\bnew\b|^Email address of the new|OAuth client|webhook|trust|server|behind the proxy/i;
  for (const { path, description } of argumentsOf(program, '')) {
    // The words after `--` belong to another command.
    if (description.startsWith('The command and its arguments')) continue;
    const [kind] = /member|service account|app\b|token/.exec(description) ?? [];
    const expected = create.test(description) || kind === undefined ? null : kind.replace(' ', '-');
    expect(kindOfArguments(path), `${path}: ${description}`).toBe(expected);
  }
});

it('offers files for each option whose value is one', () => {
  const other = /^Path of the request|^Only jobs of this workflow file/;
  for (const { flags, description } of optionsOf(program)) {
    const expected = /<(path|file)>/.test(flags) && !other.test(description);
    expect(flags.split(/[ ,]+/).some(isFileOption), `${flags}: ${description}`).toBe(expected);
  }
});

it('offers the values of each option that has only a few', () => {
  for (const { flags, argChoices = [] } of optionsOf(program)) {
    const known = /<(action|event|fields|format|choice|scope|store|status|order)>/.test(flags);
    const values = [...argChoices, ...flags.split(/[ ,]+/).flatMap(valuesOf)];
    expect(values.length > 0, flags).toBe(known || flags === '--event <name>');
  }
});

it('rejects an unknown or missing shell', async () => {
  expect(await runProgram('tokens', ['completion', 'tcsh'])).toMatchObject({ code: 2, stdout: '' });
  expect(await runProgram('tokens', ['completion'])).toMatchObject({ code: 2, stdout: '' });
});

/** Loads the script and returns a function that completes the last of its words. */
async function loadCompletion(shell: keyof typeof harness): Promise<(words: string[]) => Promise<string[]>> {
  const { stdout: text } = await runProgram('tokens', ['completion', shell]);
  const script = join(await mkdtemp(join(tmpdir(), 'tokens-completion-')), shell);
  onTestFinished(() => rm(dirname(script), { recursive: true }));
  await writeFile(script, text);
  // Stands for the program, and offers one name that says what was asked for.
  await writeFile(join(dirname(script), 'tokens'), '#!/bin/sh\nshift; echo "names $*" | tr " " :\n', { mode: 0o755 });
  const cwd = join(dirname(script), 'files');
  await mkdir(cwd);
  for (const name of files) await writeFile(join(cwd, name), '');
  const env = bareEnvironment({ script, PATH: `${dirname(script)}:${process.env.PATH}` });
  return async (words) => {
    const line = ['tokens', ...words];
    const args = ['-c', harness[shell], line.join(' '), ...line];
    const { stdout } = await promisify(execFile)(shell, args, { env, cwd });
    // A shell offers the value with its option and the values before it, or without them.
    const withoutOption = (word: string) => word.replace(/^--[a-z-]+=/, '').replace(/^[\w,]*,/, '');
    const typed = withoutOption(words.at(-1) ?? '');
    const suggestions = stdout.split('\n').map((line) => {
      const word = withoutOption(line.split('\t')[0] ?? '');
      if (word.startsWith('names')) return word.replaceAll('\\', '');
      // In zsh, a description follows after a colon.
      return shell === 'zsh' ? (word.split(/(?<!\\):/)[0] ?? '').replaceAll('\\:', ':') : word;
    });
    return suggestions.filter((word) => word !== '' && word.startsWith(typed)).sort();
  };
}

function argumentsOf(command: Command, path: string): { path: string; description: string }[] {
  const own = command.registeredArguments.map(({ description }) => ({ path, description }));
  return [...own, ...command.commands.flatMap((child) => argumentsOf(child, `${path}/${child.name()}`))];
}

function optionsOf(command: Command): Option[] {
  return [...command.options, ...command.commands.flatMap(optionsOf)];
}

/** Returns the path of each command and alias below `command`. */
function pathsOf(command: Command, path: string[]): string[][] {
  return command.commands.flatMap((child) =>
    [child.name(), ...child.aliases()].flatMap((name) => [[...path, name], ...pathsOf(child, [...path, name])]),
  );
}

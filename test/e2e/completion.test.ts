import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { bareContext } from '../helpers/cli/cli.ts';
import { bareEnvironment, runProgram } from '../helpers/daemon/process.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

/** How each shell, with the script in `$script`, is made to complete a line: all of it, then word by word. */
const harness = {
  bash: `eval "$script"; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _tokens; printf '%s\\n' "$\{COMPREPLY[@]}"`,
  zsh: `compdef() { :; }; _describe() { eval print -rl -- '$'$@[-1] }; eval $script
        words=("$@") CURRENT=$# PREFIX=$@[-1]; _tokens`,
  fish: `echo $script | string collect | source; complete -C $argv[1]`,
};

const commands = pathsOf(createProgram(bareContext(), { out: '', err: '' }), []);

describe.each(['bash', 'zsh', 'fish'] as const)('completion %s', (shell) => {
  it.skipIf(!hasRealParts(shell))('completes every command and alias', async () => {
    const complete = await loaded(shell);
    for (const path of commands)
      expect(await complete([...path.slice(0, -1), '']), path.join(' ')).toContain(path.at(-1));
  });

  it.skipIf(!hasRealParts(shell))('completes options after a dash, choices, and nothing for free text', async () => {
    const complete = await loaded(shell);
    expect(await complete(['create', '--'])).toEqual(expect.arrayContaining(['--expires', '--json', '--help']));
    expect(await complete(['--json', 'users', 'add', '--'])).toContain('--grant');
    expect(await complete(['completion', ''])).toEqual(['bash', 'fish', 'zsh']);
    expect(await complete(['show', ''])).toEqual([]);
  });
});

it('rejects other shells', async () => {
  expect(await runProgram('tokens', ['completion', 'tcsh'])).toMatchObject({ code: 2, stdout: '' });
  expect(await runProgram('tokens', ['completion'])).toMatchObject({ code: 2, stdout: '' });
});

/** What the shell offers behind these words, the last of which is being typed. */
async function loaded(shell: keyof typeof harness): Promise<(words: string[]) => Promise<string[]>> {
  const { stdout: script } = await runProgram('tokens', ['completion', shell]);
  return async (words) => {
    const line = ['tokens', ...words];
    const args = ['-c', harness[shell], line.join(' '), ...line];
    const { stdout } = await promisify(execFile)(shell, args, { env: bareEnvironment({ script }) });
    const typed = words.at(-1) ?? '';
    const offered = stdout.split('\n').map((one) => one.split(/[\t:]/)[0] ?? '');
    return offered.filter((one) => one !== '' && one.startsWith(typed)).sort();
  };
}

function pathsOf(command: Command, path: string[]): string[][] {
  return command.commands.flatMap((child) =>
    [child.name(), ...child.aliases()].flatMap((name) => [[...path, name], ...pathsOf(child, [...path, name])]),
  );
}

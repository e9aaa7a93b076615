import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { bareContext } from '../helpers/cli/cli.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const run = promisify(execFile);
const directory = join(import.meta.dirname, '../../dist/man');

describe.skipIf(!hasRealParts('mandoc'))('the manual pages', () => {
  it('describe every command and each of its options and arguments', async () => {
    for (const { title, command } of commandsOf(await createProgram(bareContext(), { out: '', err: '' }), 'tokens')) {
      const { stdout } = await run('mandoc', ['-T', 'utf8', '-O', 'width=400', join(directory, `${title}.1`)]);
      const shown = withoutBold(stdout).replaceAll(/\s+/g, ' ');
      const said = [command.description(), command.summary()];
      const options = command.options
        .filter(({ hidden }) => !hidden)
        .flatMap(({ flags, description }) => [flags, description]);
      const args = command.registeredArguments.flatMap((argument) => [argument.name(), argument.description]);
      for (const text of [...said, ...options, ...args]) expect(shown, title).toContain(text.replaceAll('`', ''));
    }
  });

  it('have no errors, and are installed with the package', async () => {
    const files = (await readdir(directory)).sort();
    // No date, so that two builds of a release are the same.
    const { stdout } = await run('mandoc', [
      '-T',
      'lint',
      '-W',
      'error',
      ...files.map((file) => join(directory, file)),
    ]);
    expect(stdout).toBe('');
    const { man } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
    expect([...man].sort()).toEqual(files.map((file) => `dist/man/${file}`));
    expect(files).toEqual(expect.arrayContaining(['tokens.1', 'tokens-users-add.1', 'tokensd.1', 'tokensd-serve.1']));
  });
});

/** mandoc prints a bold character twice, with a backspace between them. */
function withoutBold(text: string): string {
  const pieces = text.split('\b');
  return pieces.map((piece, at) => (at < pieces.length - 1 ? piece.slice(0, -1) : piece)).join('');
}

function commandsOf(command: Command, title: string): { title: string; command: Command }[] {
  return [{ title, command }, ...command.commands.flatMap((next) => commandsOf(next, `${title}-${next.name()}`))];
}

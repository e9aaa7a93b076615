import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { DebianMachine } from '../../helpers/packages/debian-machine.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const run = promisify(execFile);
const project = join(import.meta.dirname, '..', '..', '..');

/** Describes the files of the installed package, with the programs of this machine that read them. */
export function describeFiles(machineOf: () => DebianMachine): void {
  const pathOf = (file: string) => join(machineOf().root.path, file);

  describe('its files', () => {
    it('include a changelog and examples', async () => {
      await machineOf().root.expectSuccess(
        'cd /usr/share/doc/tokensd; test -s changelog.gz; test -s copyright; test -s examples/nginx.conf',
      );
    });

    it('include the Node.js whose hash is in the source', async () => {
      const { packagedNode } = await import(join(project, 'scripts/packages/packaged-node.mjs'));
      const hash = createHash('sha256').update(await readFile(pathOf('/usr/lib/tokensd/bin/node')));
      expect(hash.digest('hex')).toBe(packagedNode.hashes[process.arch]);
      const { stdout } = await run(pathOf('/usr/lib/tokensd/bin/node'), ['--version']);
      expect(stdout).toBe(`v${packagedNode.version}\n`);
    });

    it.skipIf(!hasRealParts('mandoc'))('include the manual page of every command', async () => {
      const { man } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as { man: string[] };
      const files = man.map((file) => `/usr/share/man/man1/${basename(file)}.gz`);
      await machineOf().root.expectSuccess(files.map((file) => `test -s ${file}`).join('; '));
      const { stdout } = await run('mandoc', ['-T', 'ascii', pathOf('/usr/share/man/man1/tokensd-backup.1.gz')]);
      expect(stdout).toContain('/var/backups/tokensd');
    });

    it.skipIf(!hasRealParts('bash', 'zsh', 'fish')).each([
      ['bash', '/usr/share/bash-completion/completions/tokens'],
      ['zsh', '/usr/share/zsh/vendor-completions/_tokens'],
      ['fish', '/usr/share/fish/vendor_completions.d/tokens.fish'],
    ])('include the completion of %s, where it looks', async (shell, file) => {
      expect((await readFile(pathOf(file), 'utf8')).length).toBeGreaterThan(1_000);
      await run(shell, ['-n', pathOf(file)]);
    });

    it.skipIf(!hasRealParts('systemd-analyze'))(
      'include a unit that systemd knows and that exposes little',
      async () => {
        const unit = pathOf('/lib/systemd/system/tokensd.service');
        const { stdout } = await run('systemd-analyze', ['security', '--offline=true', '--threshold=15', unit]);
        expect(stdout).toContain('Overall exposure level');
        const { stderr } = await run('systemd-analyze', [
          'verify',
          '--man=no',
          `--root=${machineOf().root.path}`,
          unit,
        ]);
        // Other units of a newer Debian have lines that this machine's systemd does not know.
        expect(stderr.split('\n').filter((line) => line.includes('tokensd.service'))).toEqual([]);
      },
    );
  });
}

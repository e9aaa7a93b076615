import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ctrlC, linesOf } from '../../helpers/cli/terminal.ts';
import type { DebianMachine } from '../../helpers/packages/debian-machine.ts';

/** Describes `tokensd` in the hands of root, beside the running service. */
export function describeRootCommands(machineOf: () => DebianMachine): void {
  const change = async (lines: string) => {
    const { root } = machineOf();
    const settings = await root.read('/etc/default/tokensd');
    await root.expectSuccess(`cat >>/etc/default/tokensd`, { input: lines });
    onTestFinished(() => root.expectSuccess('cat >/etc/default/tokensd', { input: settings }).then(() => {}));
  };

  describe('a command of root', () => {
    it('leaves no file of root, and says which user may not write elsewhere', async () => {
      const { root } = machineOf();
      await root.expectSuccess('tokensd backup /var/backups/tokensd/now.db');
      expect(await root.expectSuccess('stat -c %U /var/backups/tokensd/now.db')).toBe('tokensd\n');
      const refused = await root.run('cd /root; tokensd backup now.db');
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain('Choose a directory in which the user tokensd may write.');
      expect(await root.expectSuccess('find /var/lib/tokensd /var/backups/tokensd ! -user tokensd')).toBe('');
      expect(await root.expectSuccess('tokensd users unlock root@example.com')).toContain('root@example.com');
    });

    it('reads the same settings as a command of the user tokensd', async () => {
      const { root } = machineOf();
      const own = await root.expectSuccess('setpriv --reuid=tokensd --regid=tokensd --init-groups tokensd config');
      expect(own).toBe(await root.expectSuccess('tokensd config'));
      expect(own).toContain('TOKENSD_DATA_DIR=/var/lib/tokensd\n');
    });

    it('is refused to another user, who would make a second installation by mistake', async () => {
      const { root } = machineOf();
      const run = (command: string) => root.run(command, { user: 'ada' });
      for (const words of ['init', 'check', 'users unlock root@example.com'])
        expect(await run(`tokensd ${words}`)).toMatchObject({
          ...{ code: 2, stdout: '' },
          stderr:
            'Run this as root: sudo tokensd … For an installation of your own beside the service, set TOKENSD_DATA_DIR.\n',
        });
      const help = await run('tokensd; tokensd help; tokensd init --help; tokensd --version');
      expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: tokensd init') });
      expect(await run('TOKENSD_DATA_DIR=/home/ada/own tokensd config')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('TOKENSD_DATA_DIR=/home/ada/own\n'),
      });
    });

    it('has a terminal of its own on a terminal, and passes on keys and exit codes', async () => {
      const terminal = machineOf().root.onTerminal('tokensd init --email ada@example.com --name Ada');
      await terminal.answer('Password', '');
      const [command, parent] = await Promise.all([
        processOf('/usr/lib/tokensd/bin/node', '/usr/lib/tokensd/bin/tokensd', 'init'),
        processOf('runuser', '--pty'),
      ]);
      // A terminal controls one session.
      expect(command.session).not.toBe(parent.session);
      expect(command.terminal).not.toBe(0);
      await terminal.answer('', `secret${ctrlC}`);
      const { code, screen, settings } = await terminal.ended();
      expect([code, linesOf(screen).at(-1)]).toEqual([130, 'Cancelled. Nothing was created.']);
      expect(screen).not.toContain('secret');
      expect(settings).toEqual(expect.arrayContaining(['echo', 'icanon', 'isig']));
    });

    it('writes to a file what it writes without a terminal', async () => {
      const { root } = machineOf();
      const terminal = root.onTerminal('tokensd config >/tmp/config; exit 7');
      expect((await terminal.ended()).code).toBe(7);
      expect(await root.read('/tmp/config')).toBe(await root.expectSuccess('tokensd config'));
    });

    it('runs no code from the directory of the data, to which the daemon can write', async () => {
      const { root } = machineOf();
      const code = `require('fs').writeFileSync('/tmp/planted', '')`;
      await root.expectSuccess(
        'cd /var/lib/tokensd; mkdir .node_modules; cat >.node_modules/supports-color.js; chown -R tokensd: .node_modules',
        { input: code },
      );
      onTestFinished(() => root.expectSuccess('rm -r /var/lib/tokensd/.node_modules').then(() => {}));
      await root.expectSuccess('chmod 1777 /tmp; tokensd users unlock root@example.com; test ! -e /tmp/planted');
    });

    it('takes proxies and certificates from the settings, as the service does', async () => {
      const { root, ports } = machineOf();
      await change(
        `HTTPS_PROXY="http://127.0.0.1:${ports.api}" # quoted\nNO_PROXY=a.example,b.example # not quoted\nNODE_EXTRA_CA_CERTS='/etc/ssl/no-such.pem'\n`,
      );
      const { stdout } = await root.run(
        `sed 's/^exec .*/exec env/' /usr/lib/tokensd/run >/tmp/run; TOKENSD_CONFIG=/etc/default/tokensd sh /tmp/run; tokensd config`,
      );
      for (const line of [
        `HTTPS_PROXY=http://127.0.0.1:${ports.api}`,
        'NO_PROXY=a.example,b.example',
        'NODE_EXTRA_CA_CERTS=/etc/ssl/no-such.pem',
      ])
        expect(stdout.split('\n')).toContain(line);
      await change('HTTP_PROXI=http://127.0.0.1:1\n');
      expect(await root.run('tokensd config')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('HTTP_PROXI (from /etc/default/tokensd) is not a setting of tokensd.'),
      });
    });

    it('is refused if the unit has settings that it cannot know', async () => {
      const machine = machineOf();
      onTestFinished(() => machine.setUnitFacts(''));
      await machine.root.write('/etc/extra', 'A=b\nTOKENSD_LOG_LEVEL=debug\n');
      const facts = [
        'Environment=A=b TOKENSD_DATABASE_URL_FILE=/run/credentials/tokensd.service/url\n',
        'Environment=A=b\nEnvironmentFiles=/etc/none (ignore_errors=yes)\nEnvironmentFiles=/etc/extra (ignore_errors=no)\n',
      ];
      for (const fact of facts) {
        await machine.setUnitFacts(fact);
        expect(await machine.root.run('tokensd config')).toMatchObject({
          code: 2,
          stdout: '',
          stderr: expect.stringContaining('Move them to /etc/default/tokensd'),
        });
      }
      await machine.setUnitFacts('Environment=NODE_OPTIONS=--max-semi-space-size=8 MALLOC_ARENA_MAX=1\n');
      await machine.root.expectSuccess('tokensd config');
    });
  });
}

/** Returns the session of the process whose command line starts with these words, and its terminal as a number. 0: none. */
async function processOf(...words: string[]): Promise<{ session: number; terminal: number }> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!line.startsWith(`${words.join('\0')}\0`)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [, , , session, terminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { session: Number(session), terminal: Number(terminal) };
  }
  throw new Error(`No process runs ${words.join(' ')}.`);
}

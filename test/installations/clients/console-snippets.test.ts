import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { prometheusFile } from '../../../server/web/tokens/value/snippets.ts';
import { startTestServer } from '../../helpers/app/http.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { eventually } from '../../helpers/daemon/process.ts';
import { type ClientHome, createClientHome } from '../../helpers/gate/client-programs.ts';
import { startServerProgram } from '../../helpers/gate/documented/server-program.ts';
import { type Gate, gateProxies, openGate, replacing } from '../../helpers/gate/gate.ts';
import { type GitServer, startGitServer } from '../../helpers/gate/git-server.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const tokens = '/profile/api-tokens';
const app = 'demo';

/** What the dialog about a new token shows. */
interface Shown {
  id: string;
  value: string;
  /** The code of a snippet, as the page shows it. */
  code(snippet: string): string;
}

/** Creates a token in the console, limited to these apps. */
async function createToken(server: Gate['daemon'], apps: string): Promise<Shown> {
  const browser = openConsole(server, server.dev);
  await browser.get(`${tokens}?dialog=create`);
  const { html } = await browser.submit(tokens, { name: 'of the snippets', expires: '3600', apps });
  const value = /id="value"[^>]* value="([^"]+)"/.exec(html)?.[1] ?? '';
  const [token] = await server.store.tokens.list({ limit: 1, before: null, ownerId: server.dev.id, now: Date.now() });
  const code = (snippet: string) => {
    const [, text = ''] = new RegExp(`<pre id="snippet-${snippet}"[^>]*>(.*?)</pre>`, 's').exec(html) ?? [];
    // A program that had the value would pass it on to whoever reads the program.
    expect(text).not.toContain(value);
    return unescaped(text);
  };
  return { id: token?.id ?? '', value, code };
}

/** What Prometheus says about the addresses that it scrapes. */
interface Targets {
  data: { activeTargets: Array<{ health: string; labels: object; lastError: string }> };
}

function unescaped(text: string): string {
  const characters = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' } as const;
  return text.replaceAll(/&(lt|gt|quot|#39|amp);/g, (_, name: keyof typeof characters) => characters[name]);
}

/** Runs a snippet as its hint says. */
type Run = (home: ClientHome, shown: Shown) => ReturnType<ClientHome['run']>;

const byRunner: Record<string, Run> = {
  curl: (home, { code, value }) => home.run('bash', ['-c', code('curl')], { input: `${value}\n` }),
  python: async (home, { code, value }) =>
    home.run('python3', [await home.write('call.py', code('python'))], { env: withValue(value) }),
  javascript: async (home, { code, value }) =>
    home.run(process.execPath, [await home.write('call.mjs', code('javascript'))], { env: withValue(value) }),
  'github-actions': async (home, { code, value }) => {
    const [step] = parse(code('github-actions'));
    expect(step).toEqual({
      name: 'Call the API',
      env: { TOKENS_TOKEN: ['$', '{{ secrets.TOKENS_TOKEN }}'].join('') },
      run: expect.any(String),
    });
    // GitHub runs a step with `bash -e`.
    return home.run('bash', ['-e', await home.write('step.sh', step.run)], { env: withValue(value) });
  },
};

function withValue(value: string): Record<string, string> {
  return { TOKENS_TOKEN: value, PATH: process.env.PATH ?? '' };
}

describe.skipIf(!hasRealParts('nginx', 'curl', 'bash', 'python3', 'git'))(
  'a snippet of the dialog with a new value',
  () => {
    const nginx = gateProxies.find(({ name }) => name === 'nginx');
    let home: ClientHome;
    let git: GitServer;
    let gate: Gate | undefined;
    beforeEach(async () => {
      home = await createClientHome();
      await mkdir(join(home.directory, 'served'));
      execFileSync('git', ['init', '--quiet', '--bare', 'REPOSITORY.git'], { cwd: join(home.directory, 'served') });
      git = await startGitServer(join(home.directory, 'served'));
    });
    afterEach(async () => {
      await gate?.stop();
      await git.stop();
      await home.remove();
    });

    /** Starts an app with an address behind nginx, and creates a token for it. */
    async function openApp(apiUrl?: string): Promise<{ gate: Gate; shown: Shown }> {
      if (nginx === undefined) throw new Error('There is no nginx.');
      const edit = replacing('/verify/auth-request;', `/verify/apps/${app}/auth-request?challenge=basic;`);
      gate = await openGate(nginx, { edit, ...(apiUrl !== undefined && { apiUrl }) });
      const { status } = await gate.daemon.ask('/api/v1/apps', {
        as: gate.daemon.root,
        json: { name: app, url: `${gate.url}/` },
      });
      expect(status).toBe(201);
      git.users.clear();
      return { gate, shown: await createToken(gate.daemon, app) };
    }

    const revoke = ({ daemon }: Gate, { id }: Shown) =>
      daemon.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', as: daemon.dev });

    it.each(Object.keys(byRunner))('for %s calls the app, until the token is revoked', async (snippet) => {
      const { gate, shown } = await openApp();
      const accepted = await byRunner[snippet]?.(home, shown);
      expect(accepted).toMatchObject({ code: 0, stdout: expect.stringContaining('"x-auth-user":"dev@example.com"') });
      expect(JSON.stringify(gate.api.requests)).not.toContain(shown.value);
      await revoke(gate, shown);
      const denied = await byRunner[snippet]?.(home, shown);
      expect(`${denied?.stdout}${denied?.stderr}`).toContain('401');
      expect(`${denied?.stdout}${denied?.stderr}`).not.toContain(shown.value);
    });

    it('for git clones a repository, until the token is revoked', async () => {
      const { gate, shown } = await openApp(git.url);
      const env = { ...withValue(shown.value), GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' };
      const clone = () => home.run('bash', ['-ec', shown.code('git')], { env });
      expect(await clone()).toMatchObject({ code: 0 });
      expect([...git.users]).toEqual(['dev@example.com']);
      await home.run('rm', ['-r', 'REPOSITORY']);
      await revoke(gate, shown);
      expect(await clone()).toMatchObject({ code: 128, stderr: expect.stringContaining('Authentication failed') });
      // Git asked the helper for the value. The value itself is in no file.
      expect(await home.run('grep', ['--recursive', '--files-with-matches', shown.value, '.'])).toMatchObject({
        code: 1,
      });
    });

    it.skipIf(!hasRealParts('prometheus'))('for Prometheus scrapes the app, until the token is revoked', async () => {
      const { gate, shown } = await openApp();
      const file = await home.write('TOKENS_TOKEN', shown.value);
      const snippet = shown.code('prometheus');
      expect(parse(snippet)).toMatchObject({
        scrape_configs: [{ job_name: app, authorization: { credentials_file: prometheusFile } }],
      });
      await home.write('prometheus.yml', `global:\n  scrape_interval: 1s\n${snippet.replace(prometheusFile, file)}\n`);
      const prometheus = await startServerProgram(home, 'prometheus', (port) => [
        '--config.file=prometheus.yml',
        '--storage.tsdb.path=data',
        `--web.listen-address=127.0.0.1:${port}`,
      ]);
      const target = async (health: string) => {
        const response = await fetch(`${prometheus.url}/api/v1/targets`);
        // It responds 503 until it has read its database.
        if (!response.ok) return undefined;
        const { data } = (await response.json()) as Targets;
        return data.activeTargets.find((one) => one.health === health);
      };
      try {
        const up = await eventually(() => target('up'), 'Prometheus to read the metrics', 60_000);
        expect(up).toMatchObject({ labels: { job: app, instance: new URL(gate.url).host }, lastError: '' });
        expect(gate.daemon.services.lastUsed.drain()).toContainEqual(
          expect.objectContaining({
            tokenId: shown.id,
            path: '/metrics',
            userAgent: expect.stringMatching(/^Prometheus\//),
          }),
        );
        await revoke(gate, shown);
        const down = await eventually(() => target('down'), 'Prometheus to be denied', 60_000);
        expect(down.lastError).toContain('401');
      } finally {
        await prometheus.stop();
      }
    });
  },
);

describe.skipIf(!hasRealParts('curl', 'bash', 'python3'))('a snippet for a token without an app', () => {
  it.each(Object.keys(byRunner))('for %s calls the server, which describes the token', async (snippet) => {
    const probe = await startTestServer();
    await probe.stop();
    const server = await startTestServer({ publicUrl: `http://127.0.0.1:${probe.port}` }, probe.port);
    const home = await createClientHome();
    try {
      const shown = await createToken(server, '');
      const { code, stdout } = (await byRunner[snippet]?.(home, shown)) ?? { code: null, stdout: '' };
      expect([code, textOf(stdout)]).toEqual([0, expect.stringContaining('"name":"of the snippets"')]);
      expect(server.services.lastUsed.drain()).toEqual([]);
    } finally {
      await server.stop();
      await home.remove();
    }
  });
});

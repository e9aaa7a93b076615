import { chown, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../helpers/daemon/process.ts';
import {
  type ComposeProject,
  readChanges,
  readCommands,
  readCompose,
  type Service,
  serviceOptions,
  startService,
} from '../../helpers/packages/compose.ts';
import { type Container, openNetwork, runContainer } from '../../helpers/packages/container.ts';
import type { Image } from '../../helpers/packages/image.ts';
import { newVolume } from '../../helpers/packages/volume.ts';

const password = 'correct horse battery staple';

/**
 * Describes the services of compose.yaml, with Caddy from Debian in place of its image. They share one loopback interface, and
 * their names are in /etc/hosts. Everything else is as in the file.
 */
export function describeCompose(imageOf: () => Image): void {
  describe('compose.yaml', () => {
    const { services } = readCompose();
    const running: Record<string, Container> = {};
    let project: ComposeProject;
    beforeAll(async () => {
      const volumes = { data: await newVolume(0o700), sockets: await newVolume(0o750) };
      project = { image: imageOf(), network: await openNetwork(Object.keys(services)), volumes };
    });
    afterAll(async () => {
      for (const container of Object.values(running)) await container.stop('SIGKILL');
      await project?.network.remove();
      for (const path of Object.values(project?.volumes ?? {})) await rm(path, { recursive: true, force: true });
    });

    const start = (name: string) => {
      running[name] = startService(services[name] as Service, project);
      return running[name];
    };
    const get = async (url: string, ...headers: string[]) => {
      const options = ['--silent', '--show-error', '--write-out', '\n%{http_code}', '--header', '@-', url];
      const { stdout } = await project.network.run(['curl', ...options], headers.join('\n'));
      const at = stdout.lastIndexOf('\n');
      return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
    };

    it('starts Caddy and the sample API when tokensd is healthy', async () => {
      const tokensd = start('tokensd');
      const check = services.tokensd?.healthcheck?.test?.slice(1) ?? [];
      await eventually(async () => (await tokensd.exec(check)).code === 0, 'tokensd to be healthy', 60_000);
      for (const name of ['caddy', 'app']) {
        expect(services[name]?.depends_on).toEqual({ tokensd: { condition: 'service_healthy' } });
        start(name);
      }
      // Caddy answers with the verdict of tokensd.
      const answers = { 'http://localhost:8080/': 401, 'http://localhost:3000/': 200 };
      for (const [url, status] of Object.entries(answers))
        await eventually(async () => (await get(url)).status === status, url, 60_000);
    });

    it('takes four commands from there to a protected API', async () => {
      const exec = (words: string[], input?: string) => (running.tokensd as Container).exec(words, input);
      const commands = readCommands();
      expect(commands.map(([program, command]) => `${program} ${command}`)).toEqual([
        ...['tokensd init', 'tokens login', 'tokens create', 'tokens logout'],
      ]);
      const [init = [], login = [], create = [], logout = []] = commands;
      expect(await exec([...init, '--password-stdin'], password)).toMatchObject({ code: 0 });
      expect(await exec([...login, '--password-stdin'], password)).toMatchObject({ code: 0 });
      const created = await exec(create);
      expect(created).toMatchObject({ code: 0 });
      expect(await exec(logout)).toMatchObject({ code: 0 });
      const header = `Authorization: Bearer ${created.stdout.trim()}`;
      const { status, body } = await get('http://localhost:8080/', header, 'X-Auth-User: mallory@example.com');
      expect([status, JSON.parse(body)]).toEqual([
        200,
        expect.objectContaining({ 'x-auth-user': 'you@example.com', 'x-auth-token-name': 'first' }),
      ]);
      expect((await get('http://localhost:8080/', 'Authorization: Bearer nonsense')).status).toBe(401);
    });

    it('serves the console, and verifies tokens only at the socket that Caddy reaches', async () => {
      expect((await get('http://localhost:8420/login')).status).toBe(200);
      for (const path of ['/verify/forward-auth', '/metrics'])
        expect((await get(`http://localhost:8420${path}`)).status).toBe(404);
    });

    it('serves the console at a socket only, with examples/compose/https.yaml', async () => {
      const { tokensd } = services as { tokensd: Service };
      expect(await running.tokensd?.stop()).toBe(0);
      const environment = { ...tokensd.environment, ...readChanges('https.yaml').services.tokensd?.environment };
      running.tokensd = startService({ ...tokensd, environment }, project);
      const { exec } = running.tokensd;
      const check = tokensd.healthcheck?.test?.slice(1) ?? [];
      await eventually(async () => (await exec(check)).code === 0, 'tokensd to be healthy', 60_000);
      const socket = join(project.volumes.sockets ?? '', 'console.sock');
      const login = ['--silent', '--unix-socket', socket, '--header', 'Host: tokens.example.com', 'http://x/login'];
      expect((await project.network.run(['curl', ...login])).stdout).toContain('</html>');
      expect((await get('http://localhost:8420/login')).status).toBe(0);
    });

    it('reads the URL of the mail server from a file, with examples/compose/mail.yaml', async () => {
      const secrets = { 'smtp-url': join(await newVolume(0o700), 'smtp-url') };
      onTestFinished(() => rm(dirname(secrets['smtp-url']), { recursive: true }));
      await writeFile(secrets['smtp-url'], 'smtp://ada:hunter2@mail.example.com:587\n', { mode: 0o400 });
      await chown(secrets['smtp-url'], 10001, 10001);
      const { tokensd } = services as { tokensd: Service };
      const mail = readChanges('mail.yaml').services.tokensd as Service;
      const environment = { ...tokensd.environment, ...mail.environment };
      const service = { ...tokensd, ...mail, environment, command: ['config'] };
      const options = serviceOptions(service, { ...project, secrets });
      const { code, stdout } = await runContainer(options);
      expect([code, stdout]).toEqual([0, expect.stringContaining('mail.example.com:587')]);
      expect(stdout).not.toContain('hunter2');
    });

    it('stops every service on SIGTERM', async () => {
      expect(await running.tokensd?.stop()).toBe(0);
      expect(await running.app?.stop()).toBe(0);
      expect((await get('http://localhost:8080/')).status).toBe(503);
      expect(await running.caddy?.stop()).toBe(0);
    });
  });
}

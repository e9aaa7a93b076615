import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { listen } from '../../helpers/app/http.ts';
import { type Client, signIn, verify } from '../../helpers/daemon/api.ts';
import { type Daemon, freePort, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { bareEnvironment, programCommand, runProgram } from '../../helpers/daemon/process.ts';
import {
  gitHubClaims,
  gitLabClaims,
  kubernetesClaims,
  startWorkloadIssuer,
  type WorkloadIssuer,
} from '../../helpers/exchange/workload-issuer.ts';

const examples = join(import.meta.dirname, '..', '..', '..', 'examples', 'ci');
const run = promisify(execFile);

/** The daemon that the steps of the current test use. */
let daemon: Daemon;
let root: Client;
let issuer: WorkloadIssuer;
let directory: string;
let apiUrl: string;
/** What the API behind the proxy received: the path, and the owner of the token if it was accepted. */
const requests: string[] = [];
const cleanups: Array<() => unknown> = [];

async function openDaemon(env: Record<string, string>): Promise<void> {
  const prepared = await prepareDaemon(env);
  cleanups.push(prepared.remove);
  const started = await startDaemon(prepared.dataDir, env);
  cleanups.push(() => started.stop('SIGKILL'));
  daemon = started;
  root = await signIn(daemon.url, superuser);
  expect((await root.request('POST', '/service-accounts', { name: 'ci' })).status).toBe(201);
}

beforeAll(async () => {
  issuer = await startWorkloadIssuer();
  cleanups.push(() => issuer.stop());

  // A proxy that asks tokensd, and the API behind it.
  const api = createServer(async (req, res) => {
    const value = /^Bearer (.*)$/.exec(req.headers.authorization ?? '')?.[1] ?? '';
    const verdict = await verify(daemon.url, value);
    requests.push(`${req.method} ${req.url} ${verdict.headers.get('x-auth-user')}`);
    res.writeHead(verdict.status).end();
  });
  apiUrl = `http://127.0.0.1:${await listen(api)}`;
  cleanups.push(() => api.close());

  directory = await mkdtemp(join(tmpdir(), 'ci-examples-'));
  cleanups.push(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, 'bin'));
  const [node, script] = programCommand('tokens', []);
  const wrapper = `#!/bin/sh\nexec '${node}' '${script}' "$@"\n`;
  await writeFile(join(directory, 'bin', 'tokens'), wrapper, { mode: 0o755 });
}, 60_000);
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const read = (name: string) => readFile(join(examples, name), 'utf8');

/** Runs the command in the comment of an example that creates the trust. Its issuer is the one of the test. */
async function createTrust(text: string): Promise<void> {
  const [, command = ''] = /^# +\$ tokens (trusts create .*)$/m.exec(text) ?? [];
  const words = command.replace(/--kubernetes \S+/, `--kubernetes ${issuer.url}`).split(' ');
  const more = command.includes('--kubernetes ') ? [] : ['--issuer', issuer.url];
  const env = { TOKENS_SERVER: daemon.url, TOKENS_SESSION: root.session };
  const created = await runProgram('tokens', [...words, ...more], { env });
  expect(created).toMatchObject({ code: 0 });
}

function jobToken(claims: JWTPayload, audience: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return issuer.sign({ iat: now, nbf: now, exp: now + 300, aud: audience, jti: randomUUID(), ...claims });
}

/** Runs shell steps as the system does. Returns everything they printed. */
async function runShell(command: string[], env: Record<string, string>): Promise<string> {
  const [shell = '', ...args] = command;
  const path = `${join(directory, 'bin')}:${process.env.PATH}`;
  const own = { ...env, PATH: path, TOKENS_SERVER: daemon.url, API_URL: apiUrl, TMPDIR: directory };
  const { stdout, stderr } = await run(shell, args, { env: bareEnvironment(own), cwd: directory });
  return stdout + stderr;
}

/** Requires that a job called the API with a token of the service account, and printed no value. */
function expectCall(request: string, printed: string): void {
  expect(requests.splice(0)).toEqual([`${request} service-account:ci`]);
  expect(printed).not.toMatch(/tok_[0-9A-Za-z]{9}/);
  expect(printed).not.toMatch(/eyJ/);
}

it('the steps for GitHub Actions get a token and call the API', async () => {
  // The steps find the audience at the server, which must therefore be at its public URL.
  const address = `127.0.0.1:${await freePort()}`;
  await openDaemon({ TOKENSD_LISTEN: address, TOKENSD_PUBLIC_URL: `http://${address}` });
  const text = await read('github-actions.yml');
  const workflow = parse(text);
  const { deploy } = workflow.jobs;
  expect(workflow.permissions['id-token']).toBe('write');
  await createTrust(text);
  const secret = 'the-request-token-of-the-job';
  const gitHub = createServer(async (req, res) => {
    const { searchParams } = new URL(req.url ?? '', 'http://127.0.0.1');
    const claims = gitHubClaims({
      sub: `repo:acme/api:environment:${deploy.environment}`,
      environment: deploy.environment,
    });
    const isJob = req.headers.authorization === `Bearer ${secret}`;
    const value = await jobToken(claims, searchParams.get('audience') ?? '');
    res.writeHead(isJob ? 200 : 401).end(JSON.stringify({ value }));
  });
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${await listen(gitHub)}/idtoken?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret,
    RUNNER_TEMP: directory,
  };
  cleanups.push(() => gitHub.close());
  let printed = '';
  const steps: Array<{ name: string; run: string }> = deploy.steps;
  // The first step installs the package that a registry has, in place of the one that is tested.
  const [install, ...others] = steps;
  expect(install).toMatchObject({ run: 'npm install --global "$TOKENS_PACKAGE"' });
  for (const step of others) printed += await runShell(['bash', '-e', '-c', step.run], env);
  expectCall('POST /deployments', printed);
});

it('the script for GitLab gets a token and calls the API', async () => {
  await openDaemon({ TOKENSD_PUBLIC_URL: 'https://tokens.example.com' });
  const text = await read('gitlab-ci.yml');
  const { deploy } = parse(text);
  await createTrust(text);
  const token = await jobToken(gitLabClaims(), deploy.id_tokens.TOKENS_ID_TOKEN.aud);
  const script: string[] = deploy.script;
  const printed = await runShell(['bash', '-eo', 'pipefail', '-c', script.join('\n')], { TOKENS_ID_TOKEN: token });
  expectCall('POST /deployments', printed);
});

it('the CronJob for Kubernetes gets a token and calls the API', async () => {
  await openDaemon({ TOKENSD_PUBLIC_URL: 'https://tokens.example.com' });
  const text = await read('kubernetes-cronjob.yaml');
  const [account, job] = parseAllDocuments(text).map((document) => document.toJS());
  const pod = job.spec.jobTemplate.spec.template.spec;
  const [container] = pod.containers;
  const [{ serviceAccountToken: projected }] = pod.volumes[0].projected.sources;
  const file = container.env.find(({ name }: { name: string }) => name === 'ID_TOKEN_FILE').value;
  expect(file).toBe(`${container.volumeMounts[0].mountPath}/${projected.path}`);
  expect(account.metadata.name).toBe(pod.serviceAccountName);
  await createTrust(text);
  const { namespace } = job.metadata;
  const claims = kubernetesClaims({ sub: `system:serviceaccount:${namespace}:${pod.serviceAccountName}` });
  await writeFile(join(directory, 'projected'), await jobToken(claims, projected.audience));
  const env = { ID_TOKEN_FILE: join(directory, 'projected') };
  const printed = await runShell([...container.command, ...container.args], env);
  expectCall('POST /builds', printed);
});

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { listen } from '../app/http.ts';

const discoveryPath = '/.well-known/openid-configuration';
const jwksPath = '/keys';

/** Responds to a request in place of the issuer. Returns false to let it respond. */
export type Manipulation = (req: IncomingMessage, res: ServerResponse) => boolean;

export interface SignOptions {
  alg?: string;
  header?: Partial<JWTHeaderParameters>;
  key?: Parameters<SignJWT['sign']>[0];
}

const newPair = () => generateKeyPair('RS256', { extractable: true });

/** The key of every issuer until it rotates, because a new RSA key takes longer than most tests. */
let firstPair: ReturnType<typeof newPair> | undefined;

export type WorkloadIssuer = Awaited<ReturnType<typeof startWorkloadIssuer>>;

/** Starts an issuer of identity tokens for jobs, on loopback HTTP. `path` is the path of its URL. */
export async function startWorkloadIssuer(path = '') {
  firstPair ??= newPair();
  let pair = await firstPair;
  let kid = 'first';
  let published: JWK[] = [];
  let manipulate: Manipulation = () => false;
  /** Paths of the requests, in order. */
  const requests: string[] = [];
  const publish = async () => {
    published = [{ ...(await exportJWK(pair.publicKey)), kid, use: 'sig' }];
  };
  await publish();

  const server = createServer((req, res) => {
    requests.push(req.url ?? '');
    if (manipulate(req, res)) return;
    const body =
      req.url === `${path}${discoveryPath}`
        ? { issuer: url, jwks_uri: `${url}${jwksPath}` }
        : req.url === `${path}${jwksPath}`
          ? { keys: published }
          : null;
    res.writeHead(body === null ? 404 : 200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}${path}`;

  return {
    url,
    requests,
    publicKey: () => pair.publicKey,
    publicJwks: () => published,
    setJwks: (keys: JWK[]) => {
      published = keys;
    },
    manipulate: (next: Manipulation) => {
      manipulate = next;
    },
    /** Signs with another key from now on, and publishes it alone. */
    async rotate(nextKid: string) {
      pair = await newPair();
      kid = nextKid;
      await publish();
    },
    sign: (claims: JWTPayload, { alg = 'RS256', header, key = pair.privateKey }: SignOptions = {}) =>
      new SignJWT({ iss: url, ...claims }).setProtectedHeader({ alg, kid, typ: 'JWT', ...header }).sign(key),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Claims as GitHub Actions signs them for a job of acme/api on its main branch. */
export function gitHubClaims(changes: JWTPayload = {}): JWTPayload {
  return {
    sub: 'repo:acme/api:ref:refs/heads/main',
    repository: 'acme/api',
    repository_id: '74',
    repository_owner: 'acme',
    repository_owner_id: '65',
    repository_visibility: 'private',
    ref: 'refs/heads/main',
    ref_type: 'branch',
    ref_protected: 'true',
    sha: '0123456789abcdef0123456789abcdef01234567',
    workflow: 'deploy',
    workflow_ref: 'acme/api/.github/workflows/deploy.yml@refs/heads/main',
    job_workflow_ref: 'acme/api/.github/workflows/deploy.yml@refs/heads/main',
    event_name: 'push',
    actor: 'octocat',
    actor_id: '12',
    run_id: '1001',
    run_number: '10',
    run_attempt: '1',
    runner_environment: 'github-hosted',
    ...changes,
  };
}

/** Claims as GitLab signs them for an `id_tokens` entry of a job. */
export function gitLabClaims(changes: JWTPayload = {}): JWTPayload {
  return {
    sub: 'project_path:acme/api:ref_type:branch:ref:main',
    project_id: '22',
    project_path: 'acme/api',
    namespace_id: '72',
    namespace_path: 'acme',
    user_id: '1',
    user_login: 'ada',
    user_email: 'ada@example.com',
    pipeline_id: '574',
    pipeline_source: 'push',
    job_id: '302',
    ref: 'main',
    ref_type: 'branch',
    ref_path: 'refs/heads/main',
    ref_protected: 'true',
    runner_environment: 'gitlab-hosted',
    ...changes,
  };
}

/** Claims as a Kubernetes API server signs them into a projected token of a service account. */
export function kubernetesClaims(changes: JWTPayload = {}): JWTPayload {
  return {
    sub: 'system:serviceaccount:builds:deployer',
    'kubernetes.io': {
      namespace: 'builds',
      pod: { name: 'nightly-1', uid: '5d2b8f8e-1111-4a5e-9d6c-000000000001' },
      serviceaccount: { name: 'deployer', uid: '5d2b8f8e-2222-4a5e-9d6c-000000000002' },
    },
    ...changes,
  };
}

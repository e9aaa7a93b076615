import { type Fields, startTestServer, type TestServer } from '../app/http.ts';
import { type Running, type StartProxy, startCaddy, startNginx } from '../peers/proxies.ts';
import { authelia, authentik, oauth2Proxy, type PeopleGate, startPeopleGate } from './people-gates.ts';

/** A proxy that sends people to another gate and scripts to tokensd, with its shipped configuration. */
export interface PeopleSetup {
  proxy: 'nginx' | 'caddy';
  gate: string;
  stands: PeopleGate;
  /** The address of the gate in the configuration. */
  address: string;
  example: string;
  start: StartProxy;
  /** Headers in which the gate tells an identity, as a client forges them. */
  forged: Fields;
}

const gates = [
  {
    gate: 'oauth2-proxy',
    stands: oauth2Proxy,
    address: '127.0.0.1:4180',
    examples: { nginx: 'nginx-people.conf', caddy: 'Caddyfile-people' },
    forged: [['X-Auth-Request-Email', 'root@example.com']] as Fields,
  },
  {
    gate: 'Authelia',
    stands: authelia,
    address: '127.0.0.1:9091',
    examples: { nginx: 'nginx-authelia.conf', caddy: 'Caddyfile-authelia' },
    forged: [
      ['Remote-User', 'root'],
      ['Remote-Email', 'root@example.com'],
    ] as Fields,
  },
  {
    gate: 'authentik',
    stands: authentik,
    address: '127.0.0.1:9000',
    examples: { nginx: 'nginx-authentik.conf', caddy: 'Caddyfile-authentik' },
    forged: [
      ['X-authentik-username', 'root'],
      ['X-authentik-email', 'root@example.com'],
      ['X-authentik-groups', 'root'],
      ['X-authentik-uid', 'root'],
      ['X-authentik-meta-app', 'root'],
    ] as Fields,
  },
];

export const peopleSetups: readonly PeopleSetup[] = gates.flatMap(({ examples, ...gate }) => [
  { ...gate, proxy: 'nginx', example: examples.nginx, start: startNginx },
  { ...gate, proxy: 'caddy', example: examples.caddy, start: startCaddy },
]);

export interface OpenPeopleSetup {
  daemon: TestServer;
  people: Awaited<ReturnType<typeof startPeopleGate>>;
  running: Running;
  /** An active token of `dev@example.com`. */
  value: string;
  stop(): Promise<void>;
}

/** Starts the daemon, the stand-in for the gate, and the real proxy in front of an app. */
export async function openPeopleSetup(setup: PeopleSetup, upstreamUrl: string): Promise<OpenPeopleSetup> {
  const daemon = await startTestServer();
  const people = await startPeopleGate(setup.stands);
  const running = await setup.start({
    daemonUrl: `http://127.0.0.1:${daemon.port}`,
    upstreamUrl,
    example: setup.example,
    others: { [setup.address]: people.url },
  });
  const { value } = await daemon.issue('of a script');
  return {
    daemon,
    people,
    running,
    value,
    async stop() {
      await running.stop();
      await people.stop();
      await daemon.stop();
    },
  };
}

import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Finished } from '../../daemon/process.ts';
import { hasRealParts } from '../../peers/real-parts.ts';
import { type ClientHome, createClientHome } from '../client-programs.ts';
import { type Gate, gateProxies, openGate } from '../gate.ts';
import { recipe } from '../recipes.ts';
import { clientRow } from './table.ts';

/** A server that clients reach through the gate, in place of the API that returns each request. */
export interface ServedBehind {
  url: string;
  stop(): Promise<void>;
}

export interface Given {
  home: ClientHome;
  /** Address of the gate. */
  url: string;
  /** Returns a recipe of `docs/clients.md` with the gate's address and the token in place of the examples. */
  recipe(name: string): string;
  /** Runs a program in the home directory, where `tokens get laptop` prints the token. */
  run(command: string, args: readonly string[], env?: Record<string, string>): Promise<Finished>;
}

export interface DocumentedClient {
  /** The programs that must be installed. */
  parts: readonly string[];
  serve?(home: ClientHome): Promise<ServedBehind>;
  /** Writes the client's settings. Runs once; `use` runs several times. */
  prepare?(given: Given): Promise<unknown>;
  /** Sends at least one new request through the gate. The exit code is 0 if the gate accepted it. */
  use(given: Given): Promise<Finished>;
  /** Method and path of the last request that `use` sends. */
  lastUse: { method: string; path: string | RegExp };
}

const nginx = gateProxies.find(({ name }) => name === 'nginx');

/**
 * Tests a client of `docs/clients.md` with its recipes from that page, behind nginx with the shipped configuration. The
 * table on the page says whether the gate has to offer Basic alone.
 */
export function describeClient(name: string, client: DocumentedClient): void {
  const row = clientRow(name);
  if (nginx === undefined) throw new Error('There is no nginx.');
  describe.skipIf(nginx.skip || !hasRealParts(...client.parts))(`${name} with its documented settings`, () => {
    let home: ClientHome;
    let served: ServedBehind | undefined;
    let gates: Gate[];
    let serverHome: ClientHome;
    beforeAll(async () => {
      serverHome = await createClientHome();
      served = await client.serve?.(serverHome);
    });
    beforeEach(async () => {
      home = await createClientHome();
      gates = [];
    });
    afterEach(async () => {
      for (const gate of gates) await gate.stop();
      await home.remove();
    });
    afterAll(async () => {
      await served?.stop();
      await serverHome.remove();
    });

    async function open(edit: (text: string) => string): Promise<{ gate: Gate; given: Given }> {
      const gate = await openGate(nginx as NonNullable<typeof nginx>, { edit, ...(served && { apiUrl: served.url }) });
      gates.push(gate);
      const given = await prepareGiven(home, gate);
      await client.prepare?.(given);
      gate.daemon.services.lastUsed.drain();
      return { gate, given };
    }

    it('works until its token is revoked, and leaves its last use', async () => {
      const { gate, given } = await open(row.needsBasic ? nginx.offerBasic : (text) => text);
      expect(await client.use(given)).toMatchObject({ code: 0 });
      const uses = gate.daemon.services.lastUsed.drain();
      const path =
        typeof client.lastUse.path === 'string' ? client.lastUse.path : expect.stringMatching(client.lastUse.path);
      expect(uses).toMatchObject([{ tokenId: gate.token.id, method: client.lastUse.method, path }]);
      expect(JSON.stringify(gate.api.requests)).not.toContain(gate.token.value);

      await gate.daemon.ask(`/api/v1/tokens/${gate.token.id}`, { method: 'DELETE', as: gate.daemon.dev });
      gate.api.requests.length = 0;
      const { code, stdout, stderr } = await client.use(given);
      expect({ code, stdout, stderr }).not.toMatchObject({ code: 0 });
      expect(gate.api.requests).toEqual([]);
      expect(gate.daemon.services.lastUsed.drain()).toEqual([]);
      expect(stdout + stderr).not.toContain(gate.token.value);
    });

    if (!row.needsBasic) return;
    it('does not send the token to a gate without ?challenge=basic', async () => {
      const { gate, given } = await open((text) => text);
      expect(await client.use(given)).not.toMatchObject({ code: 0 });
      expect(gate.daemon.services.lastUsed.drain()).toEqual([]);
    });
  });
}

async function prepareGiven(home: ClientHome, { url, token }: Gate): Promise<Given> {
  const bin = join(home.directory, 'bin');
  await mkdir(bin, { recursive: true });
  await home.write('token.txt', `${token.value}\n`);
  // Stands in for the keychain.
  await chmod(await home.write('bin/tokens', '#!/bin/sh\ntest "$*" = "get laptop" && cat "$HOME/token.txt"\n'), 0o755);
  return {
    home,
    url,
    recipe: (name) =>
      recipe('clients.md', name)
        .replaceAll(/https:\/\/(\S*?)api\.example\.com/g, `http://$1${new URL(url).host}`)
        .replaceAll('api.example.com', new URL(url).host)
        .replaceAll('VALUE', token.value),
    run(command, args, env = {}) {
      // Other users of the machine can read arguments.
      expect(args.join(' ')).not.toContain(token.value);
      return home.run(command, args, { env: { PATH: `${bin}:${process.env.PATH}`, ...env } });
    },
  };
}

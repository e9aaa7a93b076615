import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { addDeveloper } from '../helpers/daemon/api.ts';
import { superuser } from '../helpers/daemon/daemon.ts';
import { useNodes } from '../helpers/daemon/nodes.ts';

describe('a confirmation at one of two daemons', () => {
  const nodes = useNodes('embedded', 2);

  it('counts at both, and so do the wrong passwords before it', async () => {
    const { databaseUrl, daemons, root } = nodes();
    const [first = '', second = ''] = daemons.map(({ url }) => url);
    const { id } = (await addDeveloper(first, root)).user;
    const client = new pg.Client(databaseUrl);
    await client.connect();
    const outdate = () => client.query('UPDATE sessions SET confirmed_at = confirmed_at - 3600000');
    const at = (url: string, method: string, path: string, json: object) =>
      fetch(`${url}/api/v1${path}`, {
        method,
        headers: { Authorization: `Bearer ${root.session}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(json),
      });
    const promote = async (url: string, auditor = true) => (await at(url, 'PATCH', `/users/${id}`, { auditor })).status;
    const confirm = async (url: string, password: string) =>
      (await at(url, 'POST', '/sessions/current/confirm', { password })).status;

    await outdate();
    expect([await promote(first), await promote(second)]).toEqual([403, 403]);
    expect(await confirm(second, superuser.password)).toBe(200);
    expect([await promote(first), await promote(second, false), await promote(second)]).toEqual([200, 200, 200]);

    // Guesses at one daemon count at the other.
    await outdate();
    await promote(first, false);
    const statuses: number[] = [];
    for (let guess = 0; guess < 10; guess += 1)
      statuses.push(await confirm(guess % 2 === 0 ? first : second, `guess ${guess}`));
    expect(statuses.filter((status) => status === 403).length).toBeLessThanOrEqual(5);
    expect(statuses.at(-1)).toBe(429);
    expect(await confirm(second, superuser.password)).toBe(429);
    expect(await promote(first)).toBe(403);
    await client.end();
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import type { Knex } from 'knex';

/** How long a tick of the kernel's accounting is. */
const tickMs = 10;

/** Returns the process ID of the server of a PostgreSQL database on this machine. */
export async function postmasterOf(knex: Knex): Promise<number> {
  const { rows } = await knex.raw('SELECT pg_backend_pid() AS backend');
  return statOf(rows[0].backend).parent;
}

/**
 * Returns how much CPU time this process has used, and the PostgreSQL server if there is one, in milliseconds. On a busy machine, it
 * says more about a query than the time until the response.
 */
export function cpuTimeMs(postmaster?: number): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + (postmaster === undefined ? 0 : ticksOf(postmaster) * tickMs);
}

function ticksOf(postmaster: number): number {
  // Parallel workers that ended count as time of the children of the postmaster.
  let ticks = statOf(postmaster).ticksOfChildren;
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const { parent, ticks: own } = statOf(Number(entry));
    if (parent === postmaster) ticks += own;
  }
  return ticks;
}

function statOf(pid: number) {
  const [parent = 0, ...fields] = read(`/proc/${pid}/stat`)
    .replace(/.*\) \S /s, '')
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(9, 13);
  return { parent, ticks: user + system, ticksOfChildren: childUser + childSystem };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process ended meanwhile.
    return '';
  }
}

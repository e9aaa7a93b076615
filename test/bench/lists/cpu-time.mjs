import { readdirSync, readFileSync } from 'node:fs';

/** How long a tick of the kernel's accounting is. */
const tickMs = 10;

/** Returns how much CPU time a process has used, in milliseconds. */
export function cpuTimeOf(pid) {
  return statOf(pid).ticks * tickMs;
}

/** Returns how much CPU time a PostgreSQL server on this machine has used, in milliseconds, by the process ID of the server. */
export function cpuTimeOfServer(postmaster) {
  const { ticks, ticksOfChildren } = statOf(postmaster);
  // Backends and parallel workers that ended count as time of the children of the postmaster.
  let all = ticks + ticksOfChildren;
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = statOf(Number(entry));
    if (stat.parent === postmaster) all += stat.ticks;
  }
  return all * tickMs;
}

/** Returns the process ID of the parent of a process. */
export function parentOf(pid) {
  return statOf(pid).parent;
}

function statOf(pid) {
  const [parent = 0, ...fields] = read(`/proc/${pid}/stat`)
    .replace(/.*\) \S /s, '')
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(9, 13);
  return { parent, ticks: user + system, ticksOfChildren: childUser + childSystem };
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended.
    return '';
  }
}

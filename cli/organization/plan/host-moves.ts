import type { Step } from './step.ts';

/** A step that frees hosts, or needs hosts that another step frees. */
interface Move {
  readonly step: Step;
  readonly frees: readonly unknown[];
  readonly needs: readonly unknown[];
}

/**
 * Orders the steps that move hosts between apps, because a host belongs to one app at a time: an app gives a host up before another app
 * gets it. If apps swap hosts, no order works. One of them then gives its hosts up in a step of its own, before all others.
 */
export function orderHostMoves(steps: readonly Step[]): { moves: Step[]; others: Step[] } {
  const all = steps.map((step) => ({ step, frees: freedHosts(step), needs: addedHosts(step) }));
  const freed = new Set(all.flatMap(({ frees }) => frees));
  const needed = new Set(all.flatMap(({ needs }) => needs));
  const moving = all
    .map(({ step, frees, needs }) => ({
      step,
      frees: frees.filter((host) => needed.has(host)),
      needs: needs.filter((host) => freed.has(host)),
    }))
    .filter(({ frees, needs }) => frees.length > 0 || needs.length > 0);
  const moved = new Set(moving.map(({ step }) => step));
  return { moves: inOrder(moving), others: steps.filter((step) => !moved.has(step)) };
}

function inOrder(moving: readonly Move[]): Step[] {
  const ordered: Step[] = [];
  let waiting = [...moving];
  const held = new Set(waiting.flatMap(({ frees }) => frees));
  const release = ({ frees }: Move) => {
    for (const host of frees) held.delete(host);
  };
  while (waiting.length > 0) {
    // A step never waits for its own hosts: it needs none that it frees.
    const blocked = waiting.filter((move) => {
      if (move.needs.some((host) => held.has(host))) return true;
      ordered.push(move.step);
      release(move);
      return false;
    });
    const [first, ...rest] = blocked;
    if (first && blocked.length === waiting.length) {
      // Every step waits for another one: a swap.
      const holder = blocked.find(({ frees }) => frees.length > 0) ?? first;
      const [giveUp, then] = divide(holder);
      ordered.push(giveUp);
      release(holder);
      waiting = [...rest.filter((move) => move !== holder), ...(holder === first ? [] : [first]), then];
    } else waiting = blocked;
  }
  return ordered;
}

/** Divides a step into one that only gives hosts up, and one that does the rest. */
function divide({ step, frees, needs }: Move): [Step, Move] {
  const before = listOf(step.present?.fields.hosts);
  const kept = before.filter((host) => !frees.includes(host));
  const giveUp: Step = { ...step, wanted: { hosts: kept }, fields: [{ field: 'hosts', from: before, to: kept }] };
  const fields = step.fields.map((one) => (one.field === 'hosts' ? { ...one, from: kept } : one));
  return [giveUp, { step: { ...step, fields }, frees: [], needs }];
}

function addedHosts({ action, fields }: Step): unknown[] {
  const hosts = action === 'remove' ? undefined : fields.find(({ field }) => field === 'hosts');
  return hosts ? listOf(hosts.to).filter((host) => !listOf(hosts.from).includes(host)) : [];
}

function freedHosts({ action, present, fields }: Step): unknown[] {
  const before = listOf(present?.fields.hosts);
  if (action === 'remove') return before;
  const hosts = fields.find(({ field }) => field === 'hosts');
  return hosts ? before.filter((host) => !listOf(hosts.to).includes(host)) : [];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

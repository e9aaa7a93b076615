import type { Section } from '../sections/section.ts';
import type { Step } from './step.ts';

/**
 * Returns the steps in the order in which they work: new and changed objects section by section, then removals in the opposite order,
 * so that nothing is removed that another object still names. Steps that free a host for another app come first of all.
 */
export function orderSteps(steps: readonly Step[], order: readonly Section[]): Step[] {
  const needed = new Set(steps.flatMap(({ action, fields }) => (action === 'remove' ? [] : addedHosts(fields))));
  const freeing = steps.filter((step) => freedHosts(step).some((host) => needed.has(host)));
  const others = steps.filter((step) => !freeing.includes(step));
  const placed = (one: Step) => order.indexOf(one.section);
  return [
    // A removal frees hosts for all. Among changes, one that needs no host itself cannot fail.
    ...freeing.sort((one, other) => addedHosts(one.fields).length - addedHosts(other.fields).length),
    ...others.filter(({ action }) => action !== 'remove').sort((one, other) => placed(one) - placed(other)),
    ...others.filter(({ action }) => action === 'remove').sort((one, other) => placed(other) - placed(one)),
  ];
}

function addedHosts(fields: Step['fields']): unknown[] {
  const hosts = fields.find(({ field }) => field === 'hosts');
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

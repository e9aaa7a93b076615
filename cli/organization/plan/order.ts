import type { Section } from '../sections/section.ts';
import { orderHostMoves } from './host-moves.ts';
import type { Step } from './step.ts';

/**
 * Returns the steps in the order in which they work: new and changed objects section by section, then removals in the opposite order,
 * so that nothing is removed that another object still names. Steps that move hosts between apps come first of all.
 */
export function orderSteps(steps: readonly Step[], order: readonly Section[]): Step[] {
  const { moves, others } = orderHostMoves(steps);
  const placed = (one: Step) => order.indexOf(one.section);
  return [
    ...moves,
    ...others.filter(({ action }) => action !== 'remove').sort((one, other) => placed(one) - placed(other)),
    ...others.filter(({ action }) => action === 'remove').sort((one, other) => placed(other) - placed(one)),
  ];
}

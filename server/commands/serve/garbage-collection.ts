import { setFlagsFromString } from 'node:v8';

/**
 * Adapts the collection of garbage to a daemon that answers many short requests. Call it when the program is loaded: V8 uses no code that was
 * compiled under other flags, so each of Node's own modules that is loaded afterwards takes longer.
 */
export function tuneGarbageCollection(): void {
  // Most garbage belongs to requests and is short-lived. A single thread collects it faster than several that coordinate.
  setFlagsFromString('--no-parallel-scavenge');
  // Collect long-lived garbage when the heap has doubled. By default Node lets it grow fourfold.
  setFlagsFromString('--heap-growing-percent=100');
}

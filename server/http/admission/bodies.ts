import type { IncomingMessage, ServerResponse } from 'node:http';
import { onlyValue } from '../wire/raw-headers.ts';
import { keepBody, onBody } from './pipelining.ts';

export interface BodyLimits {
  /** Maximum number of requests whose bodies are arriving. */
  maxArriving: number;
  /** Maximum memory that one of them uses. A larger body does not wait. */
  maxBytes: number;
}

interface Arriving {
  group: string;
  drop(): void;
}

export interface Bodies {
  /**
   * Calls `arrived` once the body is complete, or as soon as it is too large. If there are too many such requests, calls `drop`
   * for the oldest one of the group that has most of them.
   */
  wait(req: IncomingMessage, res: ServerResponse, arrived: () => void, drop: () => void): void;
}

/**
 * Creates the place in which requests wait for their bodies before they are admitted. Otherwise bodies that arrive slowly
 * would take the places of complete requests.
 */
export function createBodies(groupOf: (req: IncomingMessage) => string, { maxArriving, maxBytes }: BodyLimits): Bodies {
  const groups = new Map<string, Set<Arriving>>();
  let count = 0;

  function leave(arriving: Arriving): void {
    const group = groups.get(arriving.group);
    if (!group?.delete(arriving)) return;
    count -= 1;
    if (group.size === 0) groups.delete(arriving.group);
  }

  function makeRoom(): void {
    let largest: Set<Arriving> | undefined;
    for (const group of groups.values()) if (group.size > (largest?.size ?? 0)) largest = group;
    const [oldest] = largest ?? [];
    if (oldest === undefined) return;
    leave(oldest);
    oldest.drop();
  }

  return {
    wait(req, res, arrived, drop) {
      if (req.complete || declaredLength(req) > maxBytes) return arrived();
      keepBody(req, maxBytes);
      let waiting = true;
      const arriving: Arriving = {
        group: groupOf(req),
        drop() {
          waiting = false;
          keepBody(req, 0);
          // Frees the buffer, because the response may have to wait.
          req.read();
          drop();
        },
      };
      const end = () => {
        waiting = false;
        leave(arriving);
      };
      onBody(req, () => {
        if (!waiting) return;
        end();
        keepBody(req, 0);
        arrived();
      });
      res.once('close', end);
      // Node reports a request before it has seen that there is no body, and then completes it at once.
      queueMicrotask(() => {
        if (!waiting) return;
        if (count >= maxArriving) makeRoom();
        const group = groups.get(arriving.group) ?? new Set();
        groups.set(arriving.group, group.add(arriving));
        count += 1;
      });
    },
  };
}

function declaredLength({ rawHeaders }: IncomingMessage): number {
  return Number(onlyValue(rawHeaders, 'content-length') ?? 0);
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdmissionLimits, createFairQueue, type Entry } from '../../../server/http/admission/fair-queue.ts';

const limits: AdmissionLimits = {
  maxInFlight: 4,
  maxInFlightPerLane: 2,
  maxWaiting: 8,
  maxWaitingPerLane: 4,
  maxWaitMs: 100,
  slowAfterMs: 10,
  maxSlow: 3,
  maxSlowPerLane: 2,
};

interface Request extends Entry {
  number: number;
}

function open() {
  const queue = createFairQueue<Request>(limits);
  let number = 0;
  const request = (lane: string): Request => {
    number += 1;
    return { lane, number, state: 'new', since: 0 };
  };
  /** Adds requests at this time and returns those that were refused. */
  const arrive = (lane: string, count: number, now = 0) =>
    Array.from({ length: count }, () => queue.add(request(lane), now)).filter((refused) => refused !== null);
  const takeAll = (now = 0): Request[] => {
    const taken: Request[] = [];
    for (let next = queue.take(now); next !== null; next = queue.take(now)) taken.push(next);
    return taken;
  };
  return { queue, request, arrive, takeAll };
}

describe('the admission queue', () => {
  it('starts the requests of one lane in the order of their arrival, up to the limit of the lane', () => {
    const { queue, arrive, takeAll } = open();
    arrive('a', 4);
    const first = takeAll();
    expect(first.map(({ number }) => number)).toEqual([1, 2]);
    expect(queue.canTake()).toBe(false);
    for (const request of first) queue.remove(request);
    expect(takeAll().map(({ number }) => number)).toEqual([3, 4]);
  });

  it('lets lanes take turns', () => {
    const { arrive, takeAll } = open();
    arrive('flood', 4);
    arrive('a', 1);
    arrive('b', 1);
    expect(takeAll().map(({ lane }) => lane)).toEqual(['flood', 'a', 'b', 'flood']);
  });

  it('refuses what exceeds the limit of a lane, and accepts the requests of others', () => {
    const { arrive } = open();
    expect(arrive('flood', 10).map(({ number }) => number)).toEqual([5, 6, 7, 8, 9, 10]);
    expect(arrive('a', 1)).toEqual([]);
  });

  it('refuses the newest request of the longest lane if all places are taken', () => {
    const { arrive } = open();
    arrive('x', 4);
    arrive('y', 4);
    expect(arrive('a', 1)).toMatchObject([{ lane: 'x', number: 4, state: 'done' }]);
    expect(arrive('a', 1)).toMatchObject([{ lane: 'y', number: 8 }]);
  });

  it('refuses the newcomer if its own lane is among the longest', () => {
    const { arrive } = open();
    for (const lane of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) arrive(lane, 1);
    expect(arrive('i', 1)).toMatchObject([{ lane: 'i' }]);
  });

  it('gives the places of slow requests to others, within their own limits', () => {
    const { queue, arrive, takeAll } = open();
    arrive('slow', 4);
    takeAll(0);
    queue.releaseSlow(9);
    expect(queue.canTake()).toBe(false);
    queue.releaseSlow(10);
    expect(takeAll(10)).toHaveLength(2);
    arrive('slow', 1);
    queue.releaseSlow(50);
    expect(queue.canTake()).toBe(false);
    arrive('a', 1);
    expect(takeAll(50)).toMatchObject([{ lane: 'a' }]);
  });

  it('returns the requests that waited too long', () => {
    const { queue, arrive, takeAll } = open();
    arrive('a', 3, 0);
    takeAll(0);
    arrive('a', 1, 50);
    expect(queue.takeOverdue(99)).toEqual([]);
    expect(queue.takeOverdue(100)).toMatchObject([{ number: 3 }]);
    expect(queue.waiting()).toBe(1);
  });

  it('keeps every limit and loses no request, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const world = { ...open(), all: [] as Request[], now: 0 };
        for (const taken of steps) {
          take(world, taken);
          expectLimits(world);
        }
        for (const one of world.all) world.queue.remove(one);
        expect(world.queue.waiting()).toBe(0);
        expect(world.queue.canTake()).toBe(false);
      }),
    );
  });
});

const names = ['a', 'b', 'c', 'd', 'e'];
const step = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...names).map((name) => ({ kind: 'arrive' as const, name })) },
  { weight: 3, arbitrary: fc.constant({ kind: 'start' as const }) },
  { weight: 3, arbitrary: fc.nat().map((which) => ({ kind: 'remove' as const, which })) },
  { weight: 1, arbitrary: fc.nat(60).map((ms) => ({ kind: 'wait' as const, ms })) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
type World = ReturnType<typeof open> & { all: Request[]; now: number };

const inState = ({ all }: World, state: Entry['state'], name?: string) =>
  all.filter((one) => one.state === state && (name === undefined || one.lane === name));

function take(world: World, taken: Step): void {
  const { queue, all } = world;
  switch (taken.kind) {
    case 'wait':
      world.now += taken.ms;
      queue.releaseSlow(world.now);
      for (const late of queue.takeOverdue(world.now)) expect(late.state).toBe('done');
      break;
    case 'start': {
      const waiting = inState(world, 'waiting');
      const startable = queue.canTake();
      const next = queue.take(world.now);
      expect(next).toBe(startable ? waiting.find(({ lane }) => lane === next?.lane) : null);
      break;
    }
    case 'arrive': {
      const one = world.request(taken.name);
      all.push(one);
      expect(queue.add(one, world.now)?.state ?? 'done').toBe('done');
      break;
    }
    case 'remove':
      if (all.length > 0) queue.remove(all[taken.which % all.length] ?? expect.fail());
  }
}

function expectLimits(world: World): void {
  const count = (state: Entry['state'], name?: string) => inState(world, state, name).length;
  expect(world.queue.waiting()).toBe(count('waiting'));
  expect(count('waiting')).toBeLessThanOrEqual(limits.maxWaiting);
  expect(count('in flight')).toBeLessThanOrEqual(limits.maxInFlight);
  expect(count('slow')).toBeLessThanOrEqual(limits.maxSlow);
  for (const name of names) {
    expect(count('waiting', name)).toBeLessThanOrEqual(limits.maxWaitingPerLane);
    expect(count('in flight', name)).toBeLessThanOrEqual(limits.maxInFlightPerLane);
    expect(count('slow', name)).toBeLessThanOrEqual(limits.maxSlowPerLane);
  }
  const free = count('in flight') < limits.maxInFlight;
  const mayStart = names.some((name) => count('waiting', name) > 0 && count('in flight', name) < 2);
  expect(world.queue.canTake()).toBe(free && mayStart);
}

import type { CanaryUses } from '../domain/leaks/canary-uses.ts';
import type { Job } from './runner.ts';

const secondsPerPass = 60;

/** Creates the job that writes presented canaries every second, and looks every minute for those that were presented before. */
export function createFlushCanaries(canaryUses: Pick<CanaryUses, 'flush' | 'findUntold'>): Job {
  let seconds = secondsPerPass;
  return {
    name: 'flush-canaries',
    everyMs: 1000,
    async run() {
      const isPass = seconds >= secondsPerPass;
      seconds = isPass ? 1 : seconds + 1;
      if (isPass) await canaryUses.findUntold();
      await canaryUses.flush();
    },
  };
}

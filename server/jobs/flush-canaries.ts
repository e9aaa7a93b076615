import type { CanaryUses } from '../domain/leaks/canary-uses.ts';
import type { Job } from './runner.ts';

const secondsPerPass = 60;

/** Creates the job that writes presented canaries every second, and every minute tells of those that were presented before. */
export function createFlushCanaries(canaryUses: Pick<CanaryUses, 'flush'>): Job {
  let seconds = secondsPerPass;
  return {
    name: 'flush-canaries',
    everyMs: 1000,
    async run() {
      const isPass = seconds >= secondsPerPass;
      seconds = isPass ? 1 : seconds + 1;
      await canaryUses.flush(isPass);
    },
  };
}

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

export interface Watched {
  url: string;
  /** Values that are verified repeatedly, each with the only status allowed. */
  probes: Array<{ value: string; expected: number }>;
  pauseMs: number;
}

export interface WatchReport {
  responses: number;
  /** Wrong responses, each with the status expected instead. */
  wrong: string[];
  /** Milliseconds. */
  median: number;
  p99: number;
  slowest: number;
}

/** Verifies active and rejected values repeatedly until it is stopped. */
export async function watchVerification(
  url: string,
  { active, rejected = [] }: { active: string[]; rejected?: string[] },
): Promise<{ stop(): Promise<WatchReport> }> {
  const probes = [
    ...active.map((value) => ({ value, expected: 200 })),
    ...rejected.map((value) => ({ value, expected: 401 })),
  ];
  const workerData: Watched = { url, probes, pauseMs: 5 };
  const worker = new Worker(await program(), { eval: true, workerData });
  await once(worker, 'online');
  return {
    async stop() {
      worker.postMessage('stop');
      const [report] = (await once(worker, 'message')) as [WatchReport];
      await worker.terminate();
      return report;
    },
  };
}

async function program(): Promise<string> {
  const entry = fileURLToPath(new URL('watch-program.ts', import.meta.url));
  const built = await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'cjs', write: false });
  return built.outputFiles[0]?.text ?? '';
}

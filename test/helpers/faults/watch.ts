import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

export interface Watched {
  url: string;
  /** Each is asked over and over, and has only one right answer. */
  questions: Array<{ value: string; expected: number }>;
  pauseMs: number;
}

export interface WatchReport {
  answers: number;
  /** What else was answered, and instead of what. */
  wrong: string[];
  /** Milliseconds. */
  median: number;
  p99: number;
  slowest: number;
}

/** Verifies all the time until it is stopped: values that are good, and values that are not. */
export async function watchVerification(
  url: string,
  { good, refused = [] }: { good: string[]; refused?: string[] },
): Promise<{ stop(): Promise<WatchReport> }> {
  const questions = [
    ...good.map((value) => ({ value, expected: 200 })),
    ...refused.map((value) => ({ value, expected: 401 })),
  ];
  const workerData: Watched = { url, questions, pauseMs: 5 };
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

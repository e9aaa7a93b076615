import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { redactEmbedded } from '../../../shared/redact-embedded.ts';
import type { Context } from '../../context.ts';
import { writeStderr } from '../../ui/notes.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Sink } from '../sink.ts';
import { type Finding, isLive, toFinding } from './finding.ts';
import { type LookUp, maxBatch, offlineLookUp } from './look-up.ts';
import type { Printer } from './printer.ts';
import type { ProgressLine } from './progress-line.ts';

/** A sink that looks up and prints findings in batches, so that memory does not grow with their number. */
export interface Collector extends Sink {
  /**
   * Looks up and prints the rest. Returns the number of places with live values, and the number of files and directories that
   * cannot be read.
   */
  finish(): Promise<{ readonly live: number; readonly skipped: number }>;
}

interface CollectorParts {
  readonly lookUp: LookUp;
  readonly printer: Printer;
  readonly progress: ProgressLine;
}

/** Findings of the same value can be many, so this limits their number as well. */
const maxWaiting = 10_000;

/** How long the search may keep the event loop from handling signals. */
const maxBusyMs = 50;

export function createCollector(
  ctx: Pick<Context, 'signal' | 'stderr'>,
  { lookUp, printer, progress }: CollectorParts,
): Collector {
  let waiting: Finding[] = [];
  let hashes = new Set<string>();
  let warnings: string[] = [];
  let [live, skipped] = [0, 0];
  let turnAtMs = performance.now();

  async function flush(): Promise<void> {
    if (waiting.length === 0) return;
    const findings = waiting;
    [waiting, hashes] = [[], new Set()];
    await progress.clear();
    const batches = inBatches(findings);
    for (const batch of batches) {
      const results = await lookUp(batch).catch(async (error: unknown) => {
        // A finding without its status is better than none.
        await printer.print(await offlineLookUp()(batch));
        throw error;
      });
      await printer.print(results);
      live += results.filter(isLive).length;
    }
  }

  async function flushWarnings(): Promise<void> {
    if (warnings.length === 0) return;
    const texts = warnings;
    warnings = [];
    await progress.clear();
    for (const text of texts) await writeStderr(ctx, `warning: ${sanitize(redactEmbedded(text))}.`);
  }

  async function pause(mustFlush: boolean): Promise<void> {
    if (mustFlush) await flush();
    if (performance.now() - turnAtMs < maxBusyMs) return;
    await flushWarnings();
    await progress.show();
    await eventLoopTurn();
    ctx.signal.throwIfAborted();
    turnAtMs = performance.now();
  }

  return {
    add(found) {
      const finding = toFinding(found);
      waiting.push(finding);
      hashes.add(finding.hash);
    },
    warn(text) {
      warnings.push(text);
    },
    skip(path, code) {
      skipped += 1;
      warnings.push(`${path} cannot be read (${code})`);
    },
    isCancelled: () => ctx.signal.aborted,
    keepUp(bytes) {
      progress.add(bytes);
      const mustFlush = hashes.size >= maxBatch || waiting.length >= maxWaiting;
      return mustFlush || performance.now() - turnAtMs >= maxBusyMs ? pause(mustFlush) : undefined;
    },
    async finish() {
      await flush();
      await flushWarnings();
      await progress.clear();
      await printer.end();
      return { live, skipped };
    },
  };
}

/** Divides findings, in their order, into batches with at most `maxBatch` different hashes. */
function inBatches(findings: readonly Finding[]): Finding[][] {
  const batches: Finding[][] = [];
  let hashes = new Set<string>();
  for (const finding of findings) {
    if (batches.length === 0 || (hashes.size === maxBatch && !hashes.has(finding.hash))) {
      batches.push([]);
      hashes = new Set();
    }
    hashes.add(finding.hash);
    batches.at(-1)?.push(finding);
  }
  return batches;
}

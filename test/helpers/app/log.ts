import { createLog, type Log } from '../../../server/observability/log.ts';

/** The real log at debug level, and the lines it wrote. */
export function recordingLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { log: createLog('debug', (line) => lines.push(line)), lines };
}

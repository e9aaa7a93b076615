import { createLog, type Log } from '../../../server/observability/log.ts';

/** Creates the real log at debug level, together with the lines it writes. */
export function recordingLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { log: createLog('debug', (line) => lines.push(line)), lines };
}

import { count } from '../../shared/count.ts';
import { sections } from '../../shared/schemas/organization/sections.ts';
import { LostResponse } from '../api/transport/network-errors.ts';
import { CliError, hasCode, localError } from '../errors.ts';
import { type OrganizationFile, positioned } from './file/read-file.ts';
import { type Step, shownName } from './plan/step.ts';

/** A step that failed, and why. */
export interface FailedStep {
  readonly step: Step;
  readonly error: unknown;
}

/** How far a run came before a failure. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Whether the person pressed Ctrl-C. */
  readonly isCancelled: boolean;
}

/**
 * Returns the first failure. It names the object, the changes that were made before, and the objects whose secrets nobody knows.
 */
export function stoppedAt(
  failed: readonly [FailedStep, ...FailedStep[]],
  file: OrganizationFile,
  progress: Progress,
): unknown {
  const [{ step, error }] = failed;
  const { done, total, isCancelled } = progress;
  const isMistake = hasCode(error, 'invalid-fields');
  const next = isMistake ? 'Correct the file, and run the command again.' : 'Run the command again to continue.';
  const end = [`Made ${done} of ${count(total, 'change')}. ${next}`, ...lostSecrets(failed)].join(' ');
  if (isCancelled) return localError('cancelled', `Cancelled. ${end}`, error);
  if (!(error instanceof CliError)) return error;
  const what = `Could not ${step.action} ${kindOf(step)} ${shownName(step)}`;
  const { errors = [], ...problem } = error.problem;
  const options = { cause: error, retryAfterSeconds: error.retryAfterSeconds };
  const lines = errors.flatMap(({ pointer, detail }) => lineOf(file, step, pointer, detail));
  // A field that is not in the file has no position.
  if (lines.length < errors.length || lines.length === 0) {
    const details = errors.length > 0 ? errors.map(({ detail }) => detail).join(' ') : problem.detail;
    return new CliError({ ...problem, detail: `${what}: ${details} ${end}` }, options);
  }
  return new CliError({ ...problem, detail: `${what}. ${end}`, errors: lines.map(positioned) }, options);
}

/** Returns the line about a field that the server did not accept. `pointer` points into the body of the request: `#/allow/0`. */
function lineOf(file: OrganizationFile, { section, place, wanted }: Step, pointer: string, detail: string): string[] {
  const parts = pointer
    .replace(/^#?\//, '')
    .split('/')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  if (place === null || !(String(parts[0]) in wanted)) return [];
  return [file.mistakeAt([section.name, place, ...parts], `: ${detail}`)];
}

/** Returns a sentence for each new object whose secret may have been lost with the response. */
function lostSecrets(failed: readonly FailedStep[]): string[] {
  return failed.flatMap(({ step, error }) => {
    const { rotation } = step.section;
    if (step.action !== 'create' || rotation === undefined || !mayHaveArrived(error)) return [];
    return [
      `If the ${kindOf(step)} ${shownName(step)} exists then, nobody knows its secret: replace it with \`${rotation}\`.`,
    ];
  });
}

function mayHaveArrived(error: unknown): boolean {
  if (error instanceof LostResponse) return error.sent;
  // Ctrl-C ends a request without a response.
  return hasCode(error, 'outcome-unknown') || (error instanceof Error && error.name === 'AbortError');
}

function kindOf({ section }: Step): string {
  return sections[section.name].kind.replace('_', ' ');
}

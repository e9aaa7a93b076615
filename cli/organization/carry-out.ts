import { sections } from '../../shared/schemas/organization/sections.ts';
import type { Api } from '../api/client.ts';
import { localError } from '../errors.ts';
import type { FailedStep } from './failures.ts';
import { differences } from './plan/differences.ts';
import type { Step } from './plan/step.ts';
import type { SecretSink } from './secrets.ts';

/** Maximum number of parallel requests. The server carries out one change after the other, so more would only wait. */
const maxParallel = 4;

/**
 * Carries out the steps. Steps of one section and action run at the same time, a few at once. The first failure stops all that has not
 * begun. `onDone` is called after each step.
 * @returns the steps that failed, the first failure first
 */
export async function carryOut(
  api: Api,
  steps: readonly Step[],
  secrets: SecretSink,
  onDone: () => void,
): Promise<FailedStep[]> {
  const failed: FailedStep[] = [];
  for (const group of groupsOf(steps)) {
    const waiting = [...group];
    const work = async () => {
      for (let step = waiting.shift(); step && failed.length === 0; step = waiting.shift()) {
        try {
          await carryOutStep(api, step, secrets);
          onDone();
        } catch (error) {
          failed.push({ step, error });
        }
      }
    };
    await Promise.all(Array.from({ length: maxParallel }, work));
    if (failed.length > 0) break;
  }
  return failed;
}

/** Divides the steps where their section or their action changes. Changes of apps run alone, because one may need the host of another. */
function groupsOf(steps: readonly Step[]): Step[][] {
  const groups: Step[][] = [];
  let last: Step | undefined;
  for (const step of steps) {
    const belongs = step.section === last?.section && step.action === last.action && step.section.name !== 'apps';
    if (belongs) groups.at(-1)?.push(step);
    else groups.push([step]);
    last = step;
  }
  return groups;
}

async function carryOutStep(api: Api, { section, action, name, present, wanted, fields }: Step, secrets: SecretSink) {
  if (present === null) {
    const secret = await section.create(api, wanted);
    if (secret !== null) await secrets.add({ kind: sections[section.name].kind, name, secret });
    return;
  }
  // Reads the object again: the plan may be old, and If-Match needs its ETag.
  const now = await section.read(api, present.id);
  const isDone = Object.keys(wanted).length > 0 && differences(section, now.fields, wanted).length === 0;
  // Another run made the same change.
  if (isDone) return;
  if (action === 'remove' && !section.insteadOfDeletion) {
    if (differences(section, now.fields, present.fields).length > 0) throw changedMeanwhile();
    return section.remove(api, present.id, now.etag);
  }
  const planned = Object.fromEntries(fields.map(({ field, from }) => [field, from]));
  if (differences(section, now.fields, planned).length > 0) throw changedMeanwhile();
  return section.change(api, present.id, now.etag, wanted);
}

function changedMeanwhile() {
  return localError('changed-meanwhile', 'Somebody changed it after the plan was made.');
}

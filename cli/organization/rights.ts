import type { Api } from '../api/client.ts';
import { expectBody } from '../api/responses.ts';
import { userShape } from '../api/shapes.ts';
import { type CliError, localError } from '../errors.ts';
import { sanitize } from '../ui/sanitize.ts';
import type { Step } from './plan/step.ts';
import { members } from './sections/members.ts';

/** Whose rights a run uses: those of a superuser's session. */
export interface Rights {
  /** The ID of the signed-in superuser. */
  readonly ownId: string;
}

/** Finds out whose rights the API uses. @throws CliError `superuser-required` */
export async function readRights(api: Api): Promise<Rights> {
  const { id, superuser } = await expectBody(api.me.$get(), userShape);
  if (superuser) return { ownId: id };
  throw localError(
    'superuser-required',
    "The declared state needs an Organization Superuser's session, or a management key in TOKENS_KEY.",
  );
}

/** Checks the whole plan before the first change. @throws CliError `own-account` with every step that would fail or end this session */
export function requireRights({ ownId }: Rights, steps: readonly Step[]): void {
  const own = steps.find(({ section, present }) => section === members && present?.id === ownId);
  if (own && (own.wanted.disabled === true || own.wanted.superuser === false)) throw ownAccount(own);
}

function ownAccount({ action, name }: Step): CliError {
  const what = action === 'remove' ? 'The file does not list you' : 'The file disables or demotes you';
  return localError(
    'own-account',
    `${what} (${sanitize(name)}), and the rest of the plan needs your rights. Nothing was changed. Correct the file, or let another Organization Superuser apply it.`,
  );
}

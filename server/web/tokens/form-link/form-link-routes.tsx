import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { redact } from '../../../../shared/redact.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { invalidFields } from '../../../http/validate.ts';
import { expectProblem, renderProblem } from '../../shell/form-problem.ts';
import {
  type CreateTokenForm,
  createTokenBody,
  emptyCreateTokenForm,
  formSentBefore,
  readCreateTokenForm,
} from '../create-token-form.ts';
import { expiryChoices } from '../expiry-choices.ts';
import { offerOwners } from '../fields/owner-field.tsx';
import { calledAddress } from '../value/called-address.ts';
import { NewTokenPage } from '../value/new-token-page.tsx';
import { ValueAlreadyShownPage } from '../value/value-already-shown-page.tsx';
import {
  choicesWithoutLink,
  comparedFields,
  formLink,
  maxLinkCharacters,
  ofFilled,
  readFormLink,
} from './form-link.ts';
import { formPath } from './form-path.ts';
import { NewTokenFormPage, NewTokenRefusedPage } from './new-token-form-page.tsx';

type FormLinkDeps = Pick<AppDeps, 'tokens' | 'apps' | 'serviceAccounts' | 'users' | 'clock' | 'config'>;

/** Routes of the form for a new token that links fill in. Only the member who sends the form creates a token. */
export function formLinkPages({ tokens, apps, serviceAccounts, users, clock, config }: FormLinkDeps) {
  return new Hono<AppEnv>()
    .get(formPath, async (c) => {
      const caller = c.get('caller');
      const { preselected } = expiryChoices(config, clock.now());
      const { search } = new URL(c.req.url);
      const { errors, ...link } = readFormLink(search, emptyCreateTokenForm(String(preselected), randomUUID()));
      if (!caller.user.canManageTokens && link.form.serviceAccount === '') {
        return c.render(<NewTokenRefusedPage superusers={await users.superusers()} />);
      }
      if (errors.length === 0 && link.mistakes.length === 0) {
        errors.push(...ofFilled(await tokens.problemsOfNew(caller, comparedFields(link.form)), link.filled));
      }
      const problem = errors.length > 0 ? invalidFields(errors) : undefined;
      return c.render(<NewTokenFormPage {...(await commonProps(c))} {...link} problem={problem} />);
    })
    .post(formPath, async (c) => {
      const body = await c.req.parseBody();
      const form = readCreateTokenForm(body, randomUUID());
      if (body.link === 'true') return c.render(await pageWithLink(c, form));
      try {
        return await create(c, form);
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code === 'not-authenticated') throw problem;
        // The form was sent before, and the token that it created was revoked in the meantime.
        if (problem.code === 'token-not-found')
          return c.render(<ValueAlreadyShownPage token={null} now={clock.now()} />);
        const keyWasUsed = problem.code === 'idempotency-mismatch';
        const shown = keyWasUsed
          ? { form: { ...form, key: randomUUID() }, problem: formSentBefore(problem) }
          : { form, problem };
        return renderProblem(c, problem, <NewTokenFormPage {...(await commonProps(c))} {...shown} />);
      }
    });

  async function commonProps(c: AppContext) {
    return {
      choices: expiryChoices(config, clock.now()),
      offeredApps: await apps.offer(),
      offeredOwners: await offerOwners({ serviceAccounts, users }, c.get('caller')),
    };
  }

  async function pageWithLink(c: AppContext, form: CreateTokenForm) {
    const path = formLink(form);
    const mistakes = mistakesOfLink(form, path);
    const result = mistakes.length > 0 ? { mistakes } : { link: `${config.publicUrl}${path}` };
    return <NewTokenFormPage {...(await commonProps(c))} form={form} {...result} />;
  }

  /** Creates the token and shows its value. If this form was sent before, the secret is null and cannot be shown. */
  async function create(c: AppContext, form: CreateTokenForm): Promise<Response> {
    const { token, secret } = await tokens.create(c.get('caller'), createTokenBody(form), form.key);
    if (secret === null) return c.render(<ValueAlreadyShownPage token={token} now={clock.now()} />);
    const address = await calledAddress({ apps, config }, token);
    return c.render(<NewTokenPage token={token} value={secret.reveal()} address={address} now={clock.now()} />);
  }
}

/** Returns why a form has no link. */
function mistakesOfLink(form: CreateTokenForm, path: string): string[] {
  const readable = decodeURIComponent(path.replaceAll('+', ' '));
  if (redact(readable) !== readable) {
    return ['The form contains a token value or another secret, which must be in no link.'];
  }
  const tooLong = `The link would be longer than ${maxLinkCharacters} characters. Shorten the rules.`;
  return [...choicesWithoutLink(form), ...(path.length > maxLinkCharacters ? [tooLong] : [])];
}

import { requestTestBodySchema } from '../../../../shared/schemas/tokens/request-tests.ts';
import { parseAddress } from '../../../config/ip-address.ts';
import type { DescribedRequest } from '../../../http/oauth/reported-request.ts';
import { invalidFields } from '../../../http/validate.ts';
import { parseForm, text } from '../../shell/form-values.ts';

/** The request to test, as the reader described it. */
export interface TestForm {
  method: string;
  path: string;
  ip: string;
  app: string;
}

export const emptyTestForm: TestForm = { method: 'GET', path: '', ip: '', app: '' };

export function readTestForm(form: Record<string, unknown>): TestForm {
  const field = (name: keyof TestForm) => text(form[name]).trim();
  return { method: field('method'), path: field('path'), ip: field('ip'), app: field('app') };
}

/** Converts the form to the request that it describes. An empty field is not part of it. @throws ProblemError `invalid-fields` */
export function describedRequest({ method, path, ip, app }: TestForm): DescribedRequest {
  if (ip !== '' && parseAddress(ip) === null) {
    throw invalidFields([{ pointer: '/ip', detail: 'Enter an IP address such as 203.0.113.9 or 2001:db8::1.' }]);
  }
  return parseForm(requestTestBodySchema, { method, path, ...(ip !== '' && { ip }), ...(app !== '' && { app }) });
}

import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { limits } from '../../../../shared/limits.ts';
import type { AppContext } from '../../../http/context.ts';
import { cookieScope } from '../../../http/cookie.ts';

/** Carries the ticket for the second factor from the password page to the page that asks for the code. */
export interface SecondFactorCookie {
  write(c: AppContext, ticket: string): void;
  /** Returns the ticket, or the empty string if there is none. */
  read(c: AppContext): string;
  clear(c: AppContext): void;
}

export function createSecondFactorCookie(publicUrl: string): SecondFactorCookie {
  const { name, attributes } = cookieScope(publicUrl, 'step');
  return {
    write: (c, ticket) => setCookie(c, name, ticket, { ...attributes, maxAge: limits.secondFactorLifetimeMs / 1000 }),
    read: (c) => getCookie(c, name) ?? '',
    clear: (c) => {
      deleteCookie(c, name, attributes);
    },
  };
}

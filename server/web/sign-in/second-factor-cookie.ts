import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { limits } from '../../../shared/limits.ts';
import type { AppContext } from '../../http/context.ts';

/** Between the pages of one sign-in: who proved the password, and where they wanted to go. */
export interface StepCookie {
  write(c: AppContext, ticket: string): void;
  read(c: AppContext): string;
  clear(c: AppContext): void;
}

export function createStepCookie(publicUrl: string): StepCookie {
  const secure = publicUrl.startsWith('https:');
  const name = secure ? '__Host-tokens_step' : 'tokens_step_insecure';
  const attributes = { path: '/', httpOnly: true, sameSite: 'Lax', secure } as const;
  return {
    write: (c, ticket) => setCookie(c, name, ticket, { ...attributes, maxAge: limits.secondFactorLife / 1000 }),
    read: (c) => getCookie(c, name) ?? '',
    clear: (c) => {
      deleteCookie(c, name, attributes);
    },
  };
}

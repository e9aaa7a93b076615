import { tokensPath } from '../token-paths.ts';

/** The page with the form for a new token, which a link can fill in. */
export const formPath = `${tokensPath}/new`;

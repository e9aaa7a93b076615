import type { GlobalOptions } from '../../../context.ts';

/** The options of `tokens users add`. */
export interface UsersAddOptions extends GlobalOptions {
  name?: string;
  superuser?: boolean;
  auditor?: boolean;
  grant?: boolean;
  passwordStdin?: boolean;
  file?: string;
  /** False with `--no-mail`. */
  mail: boolean;
}

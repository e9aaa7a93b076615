import type { z } from 'zod';

/** A setting of the daemon: one environment variable. */
export interface Setting {
  /** Parses the text of the environment variable. Its messages continue "NAME …". */
  schema: z.ZodType;
  /** The value that applies if the variable is unset, as Markdown. */
  default: string;
  /** The effect of the setting, as Markdown. */
  description: string;
  /** True if the value is a list, whose entries may also be on lines of their own. */
  isList?: true;
  /** True if an empty value has a meaning of its own. Otherwise it counts as unset. */
  mayBeEmpty?: true;
  /** True if the value is a secret or can contain one, such as the password in a URL. */
  isSecret?: true;
}

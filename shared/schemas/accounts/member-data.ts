import { z } from 'zod';

export const memberDataSchema = z
  .record(z.string(), z.array(z.record(z.string(), z.unknown())))
  .describe(
    'An array of rows for each part, such as `account`, `sessions`, `tokens` and `audit`. Rows have the names of the columns in the database. A secret that is stored is `(not shown)`',
  );

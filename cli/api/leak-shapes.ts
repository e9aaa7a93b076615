import type { HashStatuses } from '../../shared/schemas/tokens/hash-statuses.ts';
import { array, nullable, object, text } from './shape.ts';

export const hashStatusesShape = object<HashStatuses>({
  items: array(object({ hash: text, status: text, name: nullable(text), owner: nullable(text) })),
});

/**
 * Checks a response body. Returns null if `value` has the shape of a `T`. Otherwise returns the path of the first wrong
 * field and its expected type, such as `.items[0].created_at is not a time`. The path of the body itself is empty.
 *
 * These checks replace the zod schemas in `shared/schemas/`, for two reasons. Loading zod would add 35 to 50 ms to a
 * command that takes 160 ms. The schemas would also reject values that a newer server adds to an enum, such as a token
 * status. `shapes.test.ts` compares each shape with its schema. A field that a later release adds must be optional
 * here, because an older daemon does not send it.
 */
export interface Shape<T> {
  (value: unknown): string | null;
  /** Never set. Lets the type checker accept a `Shape<string>` for a field with a narrower string type. */
  readonly accepts?: (value: T) => void;
}

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/;

export const text = check<string>('a string', (value) => typeof value === 'string');
export const flag = check<boolean>('a boolean', (value) => typeof value === 'boolean');
export const integer = check<number>('an integer', (value) => Number.isSafeInteger(value));
export const day = check<string>(
  'a date',
  (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)),
);
export const time = check<string>(
  'a time',
  (value) => typeof value === 'string' && timePattern.test(value) && !Number.isNaN(Date.parse(value)),
);

export function check<T>(what: string, accepts: (value: unknown) => boolean): Shape<T> {
  return (value) => (accepts(value) ? null : ` is not ${what}`);
}

export function object<T>(fields: { [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const entries = Object.entries<Shape<never>>(fields);
  return (value) => {
    if (typeof value !== 'object' || value === null) return ' is not an object';
    for (const [name, shape] of entries) {
      const mismatch = shape((value as Record<string, unknown>)[name]);
      if (mismatch !== null) return `.${name}${mismatch}`;
    }
    return null;
  };
}

export function array<T>(item: Shape<T>): Shape<T[]> {
  return (value) => {
    if (!Array.isArray(value)) return ' is not an array';
    for (const [index, element] of value.entries()) {
      const mismatch = item(element);
      if (mismatch !== null) return `[${index}]${mismatch}`;
    }
    return null;
  };
}

/** Accepts an object with any names. */
export function record<T>(item: Shape<T>): Shape<Record<string, T>> {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return ' is not an object';
    return object(Object.fromEntries(Object.keys(value).map((name) => [name, item])))(value);
  };
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value) => (value === null ? null : shape(value));
}

/** A field that older daemons do not send. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value) => (value === undefined ? null : shape(value));
}

/** A field that some members do not receive. */
export function omittable<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value) => (value === undefined ? null : shape(value));
}

export function both<T>(first: Shape<T>, second: Shape<T>): Shape<T> {
  return (value) => first(value) ?? second(value);
}

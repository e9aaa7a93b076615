/**
 * Reads a CSV file of members. The build gives this module its own file, because few commands need zod and the CSV library. It therefore throws no
 * `CliError`: its copy of that class would be another one.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { closestMatch } from 'leven';
import { foldName } from '../../../../shared/names.ts';
import { type CreateUserBody, createUserBodySchema } from '../../../../shared/schemas/accounts/users.ts';

/** The columns of the file, and the fields that they become. Only `email` is required. */
const columns = {
  email: 'email',
  name: 'name',
  superuser: 'superuser',
  auditor: 'auditor',
  grant: 'can_manage_tokens',
} as const satisfies Record<string, keyof CreateUserBody>;
type ColumnName = keyof typeof columns;
const columnNames = Object.keys(columns) as ColumnName[];

export interface ReadMember {
  readonly line: number;
  readonly body: CreateUserBody;
}

export interface Mistake {
  readonly line: number;
  readonly text: string;
}

/** A file that was read. `members` counts only if there are no mistakes. */
export interface ReadMembers {
  readonly columns: readonly string[];
  readonly members: readonly ReadMember[];
  /** In the order of their lines. */
  readonly mistakes: readonly Mistake[];
}

interface Row {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Reads all members, and finds all mistakes. */
export function readMembers(text: string): ReadMembers {
  const rows = rowsOf(text);
  if ('mistake' in rows) return { columns: [], members: [], mistakes: [rows.mistake] };
  const [header, ...others] = rows.rows;
  if (header === undefined) return { columns: [], members: [], mistakes: [{ line: 1, text: headerAdvice }] };
  const names = header.fields.map((field) => field.toLowerCase());
  const wrong = headerMistakes(names).map((text) => ({ line: header.line, text }));
  if (wrong.length > 0) return { columns: names, members: [], mistakes: wrong };
  const read = others.map((row) => readRow(names as ColumnName[], row));
  const members = read.flatMap(({ member }) => (member ? [member] : []));
  const mistakes = [...read.flatMap(({ mistakes }) => mistakes), ...repetitions(members)];
  return { columns: names, members, mistakes: mistakes.sort((one, other) => one.line - other.line) };
}

const headerAdvice = `The first line names the columns, such as: email,name. The columns are ${columnNames.join(', ')}.`;

/** Returns the rows that are not empty, or why the text is not CSV. */
function rowsOf(text: string): { rows: Row[] } | { mistake: Mistake } {
  const options = { info: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const;
  try {
    const rows = parse(text, options) as unknown as Array<{ record: string[]; info: { lines: number } }>;
    const isEmpty = (fields: readonly string[]) => fields.every((field) => field === '');
    return {
      rows: rows
        .map(({ record, info }) => ({ line: info.lines, fields: record }))
        .filter(({ fields }) => !isEmpty(fields)),
    };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number(error.lines ?? 1);
    return { mistake: { line, text: 'A quoted field is not closed, or text follows its closing quote.' } };
  }
}

function headerMistakes(names: readonly string[]): string[] {
  const [only = ''] = names;
  if (names.length === 1 && only.includes(';')) return ['Separate the columns with commas, not with semicolons.'];
  if (names.some((name) => name.includes('@'))) return [headerAdvice];
  const unknown = names.filter((name) => !isColumn(name)).map(unknownColumn);
  const repeated = columnNames.filter((name) => names.filter((other) => other === name).length > 1);
  return [
    ...unknown,
    ...repeated.map((name) => `The column "${name}" is there more than once.`),
    ...(names.includes('email') ? [] : [`There is no column "email". ${headerAdvice}`]),
  ];
}

function unknownColumn(name: string): string {
  const near = closestMatch(name, columnNames, { maxDistance: Math.min(3, Math.ceil(name.length / 3)) });
  const advice = near === undefined ? `The columns are ${columnNames.join(', ')}.` : `Did you mean "${near}"?`;
  return name === '' ? 'A column has no name.' : `The column "${name}" is not known. ${advice}`;
}

function isColumn(name: string): name is ColumnName {
  return Object.hasOwn(columns, name);
}

function readRow(names: readonly ColumnName[], { line, fields }: Row): { member?: ReadMember; mistakes: Mistake[] } {
  if (fields.length !== names.length) {
    const advice = fields.length > names.length ? ' Put quotes around a field that contains a comma.' : '';
    return { mistakes: [{ line, text: `There are ${fields.length} fields, but ${names.length} columns.${advice}` }] };
  }
  const values = names.map((name, index) => ({ name, field: fields[index] ?? '' })).filter(isGiven);
  const noFlag = values.filter(({ name, field }) => !isText(name) && flagOf(field) === null);
  const body = values.map(({ name, field }) => [columns[name], isText(name) ? field : flagOf(field)]);
  const { success, data, error } = createUserBodySchema.safeParse(Object.fromEntries(body));
  if (success) return { member: { line, body: data }, mistakes: [] };
  const texts = noFlag.map(({ name, field }) => `The column "${name}" cannot be "${field}". Write yes or no.`);
  const others = error.issues.filter(({ path }) => path[0] === 'email' || path[0] === 'name');
  return { mistakes: [...texts, ...others.map(({ message }) => message)].map((text) => ({ line, text })) };
}

/** An empty field leaves a member without a name or a role. Every member needs an address. */
function isGiven({ name, field }: { name: ColumnName; field: string }): boolean {
  return field !== '' || name === 'email';
}

function isText(name: ColumnName): boolean {
  return name === 'email' || name === 'name';
}

/** Returns null for a text that is neither. */
function flagOf(text: string): boolean | null {
  const folded = text.toLowerCase();
  if (folded === 'yes' || folded === 'true') return true;
  return folded === 'no' || folded === 'false' ? false : null;
}

/** Finds repeated addresses. Addresses that differ only in capitals belong to one member. */
function repetitions(members: readonly ReadMember[]): Mistake[] {
  const lines = new Map<string, number>();
  return members.flatMap(({ line, body: { email } }) => {
    const folded = foldName(email);
    const earlier = lines.get(folded);
    if (earlier === undefined) lines.set(folded, line);
    return earlier === undefined ? [] : [{ line, text: `${email} is on line ${earlier}, too.` }];
  });
}

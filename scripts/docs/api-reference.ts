import { code, plain, table } from './markdown.ts';

/** The part of an OpenAPI 3.1 document that the reference shows. */
export interface ApiDescription {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, { description?: string }> };
}

interface Operation {
  summary?: string;
  description?: string;
  security?: Array<Record<string, unknown>>;
  parameters?: Array<{ name: string; in: string; required?: boolean; description?: string; schema: Schema }>;
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  description?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/** Returns a page that describes every route and every object of the API. */
export function apiReference(api: ApiDescription): string {
  const operations = Object.entries(api.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => describeOperation(method.toUpperCase(), path, operation)),
  );
  const objects = Object.entries(api.components.schemas).map(([name, schema]) => describeObject(name, schema));
  return [
    '# API routes',
    'This page is generated from `GET /openapi.json`. [API and problems](../api.md) explains authentication and errors.',
    '## Credentials',
    credentials(api),
    '## Routes',
    ...operations,
    '## Objects',
    'A field marked with `?` may be missing.',
    ...objects,
    '',
  ].join('\n\n');
}

function credentials({ components }: ApiDescription): string {
  const rows = Object.entries(components.securitySchemes).map(([name, { description = '' }]) => [
    code(name),
    plain(description),
  ]);
  return table(['credential', 'meaning'], rows);
}

function describeOperation(method: string, path: string, operation: Operation): string {
  const { summary = '', description = '', security = [], parameters = [], requestBody, responses } = operation;
  const schemes = security.flatMap((scheme) => Object.keys(scheme)).map(code);
  const fields = parameters.map(({ name, in: place, required, description = '', schema }) => [
    code(required ? name : `${name}?`),
    place,
    typeOf(schema),
    plain(description),
  ]);
  const bodies = Object.entries(requestBody?.content ?? {}).map(
    ([type, { schema }]) => `${code(type)} ${typeOf(schema)}`,
  );
  return [
    `### ${code(`${method} ${path}`)}`,
    `${plain(summary)}.`,
    ...(description === '' ? [] : [plain(description)]),
    `Credential: ${schemes.length === 0 ? 'none' : schemes.join(', ')}`,
    ...(fields.length > 0 ? [table(['parameter', 'in', 'type', 'meaning'], fields)] : []),
    ...(bodies.length > 0 ? [`Body: ${bodies.join(' or ')}`] : []),
    table(['status', 'body', 'meaning'], Object.entries(responses).map(describeResponse)),
  ].join('\n\n');
}

function describeResponse([status, { description, content = {} }]: [string, Operation['responses'][string]]) {
  const [body] = Object.values(content);
  return [status === 'default' ? 'error' : status, body ? typeOf(body.schema) : '', plain(description)];
}

function describeObject(name: string, schema: Schema): string {
  const { properties = {}, required = [] } = schema;
  const rows = Object.entries(properties).map(([field, property]) => [
    code(required.includes(field) ? field : `${field}?`),
    typeOf(property),
    plain(property.description ?? ''),
  ]);
  return [`### ${name}`, ...(rows.length > 0 ? [table(['field', 'type', 'meaning'], rows)] : [typeOf(schema)])].join(
    '\n\n',
  );
}

/** Returns a type as Markdown, such as `string`, a list of values, or a link to an object. */
function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return linkTo(schema.$ref);
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices !== undefined) return choices.map(typeOf).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  const types = [schema.type ?? 'any'].flat().map((type) => schemaName(type, schema));
  return types.join(' or ');
}

function schemaName(type: string, { format, properties }: Schema): string {
  if (type === 'string' && format === 'date-time') return 'time';
  const fields = Object.keys(properties ?? {}).map(code);
  return type === 'object' && fields.length > 0 ? `object (${fields.join(', ')})` : type;
}

function linkTo(ref: string): string {
  const name = ref.slice(ref.lastIndexOf('/') + 1);
  return `[${name}](#${name.toLowerCase()})`;
}

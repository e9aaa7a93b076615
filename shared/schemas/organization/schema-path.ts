/** Where a daemon publishes the JSON Schema of the declared state, below its public URL. */
export const organizationSchemaPath = '/schemas/organization.json';

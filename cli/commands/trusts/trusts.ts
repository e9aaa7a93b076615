import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerTrustsCreate } from './create.ts';
import { registerTrustsDelete } from './delete.ts';
import { registerTrustsEdit } from './edit.ts';
import { registerTrustsList } from './list.ts';
import { registerTrustsShow } from './show.ts';

/** Defines `tokens trusts` and its commands. */
export function defineTrusts(trusts: Command, ctx: Context): void {
  trusts.description('Manage trusts, which let jobs of CI systems and clusters get tokens without a stored secret.');
  trusts.addHelpText(
    'after',
    '\nExample:\n  $ tokens trusts create deploy-api --service-account ci --github acme/api --environment production',
  );
  for (const register of commands) register(trusts, ctx);
}

const commands = [
  registerTrustsCreate,
  registerTrustsList,
  registerTrustsShow,
  registerTrustsEdit,
  registerTrustsDelete,
];

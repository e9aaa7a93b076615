const hooks = `export const resolve = (name, context, next) => {
  if (name === 'keytar') throw new Error('hidden');
  return next(name, context);
};`;
const preload = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hooks))});`;

/** Environment variables with which the built command line finds no keytar, as if npm had not been able to install it. */
export const withoutKeytar = { NODE_OPTIONS: `--import=${dataUrl(preload)}` };

/** Environment variables with which the command line finds no `secret-tool`, and reaches the keychain through keytar. */
export const withoutSecretTool = { PATH: '/nonexistent' };

function dataUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

import { openDatabases } from './databases.mjs';
import { pinLoadGenerator } from './programs.mjs';

/** Returns the word after an option, or undefined. */
function optionValue(option) {
  const position = process.argv.indexOf(option);
  return position < 0 ? undefined : process.argv[position + 1];
}

const options = {
  quick: process.argv.includes('--quick'),
  only: new RegExp(optionValue('--only') ?? ''),
};
const isStartUp = process.argv.includes('--start-up');
const isScale = process.argv.includes('--scale');
if (isStartUp) {
  const { measureStartUpAlone } = await import('./start-up.mjs');
  const { printStartUp } = await import('./report.mjs');
  printStartUp(await measureStartUpAlone());
} else {
  pinLoadGenerator();
  const databases = openDatabases(process.env.BENCH_DATABASES);
  if (!isScale) await (await import('./products.mjs')).compareProducts(databases, options);
  if (isScale || options.quick) await (await import('./scale/run.mjs')).measureScale(databases, options);
  await databases.close();
}

import type { OutputStream } from '../../context.ts';
import { toJson } from '../../ui/json.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Result } from './finding.ts';

/** Prints results as they come: one line each, or a JSON array. */
export interface Printer {
  print(results: readonly Result[]): Promise<void>;
  /** Ends the array. Without this, the output is no valid JSON. */
  end(): Promise<void>;
}

export function createPrinter(stdout: OutputStream, json: boolean): Printer {
  return json ? jsonPrinter(stdout) : linePrinter(stdout);
}

function linePrinter(stdout: OutputStream): Printer {
  const separator = stdout.isTTY ? '  ' : '\t';
  const lineOf = ({ file, line, column, prefix, status, name, owner, commit }: Result) =>
    [`${file}:${line}:${column}`, prefix, status, name ?? '', owner ?? '', commit ?? ''].map(sanitize).join(separator);
  return {
    async print(results) {
      await stdout.write(results.map((result) => `${lineOf(result).trimEnd()}\n`).join(''));
    },
    end: async () => {},
  };
}

function jsonPrinter(stdout: OutputStream): Printer {
  const gap = stdout.isTTY ? '\n  ' : '';
  let printed = 0;
  return {
    async print(results) {
      const items = results.map(({ file, line, column, prefix, status, name, owner, commit }) => {
        const item = { file, line, column, prefix, status, name, owner, ...(commit !== undefined && { commit }) };
        return gap + toJson(item);
      });
      await stdout.write((printed === 0 ? '[' : ',') + items.join(','));
      printed += results.length;
    },
    end: () => stdout.write(printed === 0 ? '[]\n' : `${gap.slice(0, 1)}]\n`),
  };
}

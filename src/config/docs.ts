import * as z from 'zod';
import { CONFIG_FLAGS } from './flags.ts';
import {
  CONFIG_KEYS,
  type ConfigKey,
  configFile,
  defaultOf,
  descriptionOf,
  noteOf,
} from './schema.ts';
import { variableOf } from './variables.ts';

const BEGIN = '<!-- config-table -->';
const END = '<!-- /config-table -->';

/** The JSON Schema (draft 2020-12) of the configuration file, as published. */
export function schemaText(): string {
  const schema = z.toJSONSchema(configFile, { io: 'input', target: 'draft-2020-12' });
  return `${formatted(JSON.stringify(schema, null, 2))}\n`;
}

const WIDTH = 100;

// As the project's formatter writes JSON: a list of plain values on one line where it fits.
function formatted(json: string): string {
  return json.replace(
    /^( *.*)\[\n([^[\]{}]*?)\n *\](,?)$/gm,
    (expanded, before: string, items: string, after: string) => {
      const line = `${before}[${items.trim().replace(/,\n */g, ', ')}]${after}`;
      return line.length <= WIDTH ? line : expanded;
    },
  );
}

/** The table of all keys for the README. */
export function configTable(): string {
  return [
    '| key | type | default | variable | flag | meaning |',
    '|---|---|---|---|---|---|',
    ...CONFIG_KEYS.map((key) => `| ${cellsOf(key).map(cell).join(' | ')} |`),
  ].join('\n');
}

/**
 * The README's text with the table between its two marks replaced; unchanged if it has no marks.
 */
export function withConfigTable(readme: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END, begin);
  if (begin === -1 || end === -1) return readme;
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${configTable()}\n\n${readme.slice(end)}`;
}

function cellsOf(key: ConfigKey): string[] {
  const { type, kind } = noteOf(key);
  const flag = CONFIG_FLAGS.find((item) => item.key === key);
  return [
    code(key),
    type,
    code(JSON.stringify(defaultOf(key))),
    kind === 'file-only' ? '' : code(variableOf(key)),
    flag === undefined ? '' : code(`${flag.flag} ${flag.placeholder}`.trim()),
    descriptionOf(key),
  ];
}

function code(text: string): string {
  return `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

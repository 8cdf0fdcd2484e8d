import * as z from 'zod';
import { flagOf } from './flags.ts';
import { fileSchema, type Key, type Keys } from './key.ts';
import { variableOf } from './variables.ts';

/** The path of the schema, relative to the example file. */
const SCHEMA = './upload-daemon.config.schema.json';

/** The JSON Schema (draft 2020-12) of the configuration file, as published. */
export function schemaText(keys: Keys): string {
  const schema = z.toJSONSchema(fileSchema(keys), { io: 'input', target: 'draft-2020-12' });
  return `${formatted(JSON.stringify(schema, null, 2))}\n`;
}

/** The example file, which contains every key. */
export function exampleText(keys: Keys): string {
  const values = Object.entries(keys).map(([name, key]) => [
    name,
    'inExampleFile' in key ? key.inExampleFile : key.default,
  ]);
  const example = { $schema: SCHEMA, ...Object.fromEntries(values) };
  return `${formatted(JSON.stringify(example, null, 2))}\n`;
}

const WIDTH = 100;

// Formats JSON like the project's formatter: a list of plain values is on one line if it fits.
function formatted(json: string): string {
  return json.replace(
    /^( *.*)\[\n([^[\]{}]*?)\n *\](,?)$/gm,
    (expanded, before: string, items: string, after: string) => {
      const line = `${before}[${items.trim().replace(/,\n */g, ', ')}]${after}`;
      return line.length <= WIDTH ? line : expanded;
    },
  );
}

/**
 * Replaces the text between a page's marks (`<!-- NAME -->` … `<!-- /NAME -->`); null if the page
 * has no such marks.
 */
export function withPart(page: string, name: string, part: string): string | null {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from === -1 || to === -1) return null;
  return `${page.slice(0, from + begin.length)}\n\n${part}\n\n${page.slice(to)}`;
}

/** The README's table: the few keys that most installations set, and a link to the others. */
export function commonKeys(keys: Keys): string {
  const common = Object.entries(keys).filter(([, key]) => key.common);
  const rows = table(
    ['key', 'default', 'meaning'],
    common.map(([name, key]) => [
      `[\`${name}\`](docs/configuration.md#${name.toLowerCase()})`,
      code(JSON.stringify(key.default)),
      key.meaning,
    ]),
  );
  return `${rows}\n\nAll keys, with examples: [docs/configuration.md](docs/configuration.md).`;
}

/** A table of all keys, and a section for each. */
export function keysReference(keys: Keys): string {
  const rows = Object.entries(keys).map(([name, key]) => [
    `[\`${name}\`](#${name.toLowerCase()})`,
    key.type,
    code(JSON.stringify(key.default)),
    isFileOnly(key) ? '' : code(`${flagOf(name, key)} ${key.placeholder}`.trim()),
    isFileOnly(key) ? '' : code(variableOf(name)),
  ]);
  return [
    table(['key', 'type', 'default', 'flag', 'variable'], rows),
    ...Object.entries(keys).map(([name, key]) => section(name, key)),
  ].join('\n\n');
}

function section(name: string, key: Key): string {
  const { allowed, default: fallback, example, meaning } = key;
  const lines = [
    `- allowed: ${allowed}`,
    `- default: ${code(JSON.stringify(fallback))}`,
    `- file: ${code(`"${name}": ${JSON.stringify(example)}`)}`,
    ...(isFileOnly(key)
      ? ['- flag and variable: none']
      : [
          `- flag: ${code(flagExample(name, key))}`,
          `- variable: ${code(`${variableOf(name)}=${quoted(textOf(example))}`)}`,
        ]),
    `- a new value: ${key.live ? 'from the next reload' : 'from the next start'}`,
  ];
  return [`### ${name}`, '', meaning, '', ...lines].join('\n');
}

function flagExample(name: string, key: Key): string {
  const flag = flagOf(name, key);
  if (key.kind === 'boolean') return flag;
  const values = Array.isArray(key.example) ? key.example : [key.example];
  return values.map((value) => `${flag} ${quoted(textOf(value))}`).join(' ');
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** Quotes a text for the shell if necessary. */
function quoted(text: string): string {
  return /^[\w./:,@-]+$/.test(text) ? text : `'${text}'`;
}

function isFileOnly({ kind }: Key): boolean {
  return kind === 'file-only';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

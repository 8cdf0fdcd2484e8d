/**
 * The hooks of a configuration on one line, without secrets: names, types and where secrets are
 * kept.
 */
export function hooksText(value: unknown): string {
  const hooks = Array.isArray(value) ? value : [];
  const texts = hooks.map(({ name, type, secrets = [], headers = {} }) => {
    const places = [...new Set([...secrets, ...Object.values(headers)].flatMap(placeOf))];
    return `${name} (${[type, ...places].join(', ')})`;
  });
  return texts.length === 0 ? '(none)' : texts.join(', ');
}

/** Where a secret or a header value is kept; empty if it is in the configuration file itself. */
function placeOf(kept: unknown): string[] {
  if (typeof kept !== 'object' || kept === null) return [];
  if ('env' in kept) return [`secret in the variable ${kept.env}`];
  return 'file' in kept ? [`secret in the file ${kept.file}`] : [];
}

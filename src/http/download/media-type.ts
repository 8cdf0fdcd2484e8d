export interface MediaType {
  /** `type/subtype`, in lower case. */
  readonly essence: string;
  /** As received, each with its semicolon: `;codecs=vp8`. */
  readonly parameters: string;
}

const ESSENCE = /^[a-z0-9!#$&^_.+-]{1,64}\/[a-z0-9!#$&^_.+-]{1,64}/i;
/** `name=value` or `name="quoted value"` of printable ASCII (RFC 9110, 5.6.6). */
const PARAMETER =
  /[ \t]*;[ \t]*([\w!#$%&'*+.^`|~-]+)=([\w!#$%&'*+.^`|~-]+|"(?:[ \t!#-[\]-~]|\\[ -~])*")[ \t]*/y;
const LONGEST = 255;

/** Parses an untrusted media type; undefined unless the whole text is valid. */
export function parseMediaType(text: string): MediaType | undefined {
  const given = text.trim();
  const essence = ESSENCE.exec(given)?.[0];
  if (essence === undefined || given.length > LONGEST) return undefined;
  let parameters = '';
  PARAMETER.lastIndex = essence.length;
  for (let at = essence.length; at < given.length; at = PARAMETER.lastIndex) {
    const [, name, value] = PARAMETER.exec(given) ?? [];
    if (name === undefined) return undefined;
    parameters += `; ${name.toLowerCase()}=${value}`;
  }
  return { essence: essence.toLowerCase(), parameters };
}

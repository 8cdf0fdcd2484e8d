/**
 * The values of all lines of a header, in order. `rawHeaders` is Node's, `name` in lower case. Node keeps the
 * first line only of some headers, and its `headersDistinct` would sort every other header, too.
 */
export function headerLines(rawHeaders: readonly string[], name: string): string[] {
  const lines: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index]!;
    if (raw.length === name.length && raw.toLowerCase() === name)
      lines.push(rawHeaders[index + 1]!);
  }
  return lines;
}

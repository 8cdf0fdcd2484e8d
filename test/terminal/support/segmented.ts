import type { TestContext } from 'node:test';

/**
 * How long the texts are that segmenters get from now on, one by one. The time that a segmenter takes
 * grows with the square of it.
 */
export function lengthsSegmented(test: TestContext): number[] {
  const lengths: number[] = [];
  const segment = Intl.Segmenter.prototype.segment;
  test.mock.method(
    Intl.Segmenter.prototype,
    'segment',
    function (this: Intl.Segmenter, text: string) {
      lengths.push(text.length);
      return segment.call(this, text);
    },
  );
  return lengths;
}

/** Files of a bucket are not delivered. */
export const NEEDS_FILES = {
  command: 'deliver',
  instead: 'Let a post-finish hook fetch each file, or read it from the bucket.',
};

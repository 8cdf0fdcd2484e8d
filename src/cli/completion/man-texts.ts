import type { ManTexts } from './man-page.ts';

/** What the manual page says beyond the commands. */
export const MAN_TEXTS: ManTexts = {
  description:
    'A daemon for resumable uploads: tus 1.0.0 on plain files, and a cleanup that keeps what is finished. Commands beside the daemon read its storage directly: they work whether it runs or not, and never disturb a transfer. A flag wins over an environment variable, that over the configuration file, and that over the default.',
  files: [
    [
      './upload-daemon.config.json, /etc/upload-daemon/upload-daemon.config.json',
      'The configuration file, also as .yaml or .yml. The first one is used.',
    ],
    ['./uploads/', 'The uploads and their catalog, unless uploadDir names another directory.'],
  ],
  exits: [
    [0, 'Done.'],
    [1, 'Done, but something failed.'],
    [64, 'The command line is wrong.'],
    [66, 'No such upload or delivery.'],
    [69, 'Cannot listen on that address, or another daemon serves this directory.'],
    [70, 'A bug.'],
    [74, 'The disk or the catalog failed, or there is no catalog.'],
    [77, 'Not permitted.'],
    [78, 'The configuration is wrong, or a newer version wrote the catalog.'],
  ],
};

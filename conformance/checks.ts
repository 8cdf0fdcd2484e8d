import type { Checks } from './check.ts';
import { checksumChecks } from './checks/checksum.ts';
import { checksumDiscardChecks } from './checks/checksum-discard.ts';
import { concatenationChecks } from './checks/concatenation.ts';
import { concatenationHeaderChecks } from './checks/concatenation-headers.ts';
import { coreDiscoveryChecks } from './checks/core-discovery.ts';
import { coreHeaderChecks } from './checks/core-headers.ts';
import { coreNetworkChecks } from './checks/core-network.ts';
import { coreRequestChecks } from './checks/core-requests.ts';
import { creationChecks } from './checks/creation.ts';
import { deferLengthChecks } from './checks/creation-defer-length.ts';
import { metadataChecks } from './checks/creation-metadata.ts';
import { creationWithUploadChecks } from './checks/creation-with-upload.ts';
import { expirationChecks } from './checks/expiration.ts';
import { judgedBodyChecks } from './checks/judged-bodies.ts';
import { judgedSurfaceChecks } from './checks/judged-surface.ts';
import { terminationChecks } from './checks/termination.ts';

/** Every group of checks; no id is in two of them. */
export const CHECK_GROUPS: Checks[] = [
  coreHeaderChecks,
  coreRequestChecks,
  coreNetworkChecks,
  coreDiscoveryChecks,
  creationChecks,
  deferLengthChecks,
  metadataChecks,
  creationWithUploadChecks,
  expirationChecks,
  checksumChecks,
  checksumDiscardChecks,
  terminationChecks,
  concatenationChecks,
  concatenationHeaderChecks,
  judgedBodyChecks,
  judgedSurfaceChecks,
];

/** The check of each row by its id. */
export const CHECKS: Checks = Object.assign({}, ...CHECK_GROUPS);

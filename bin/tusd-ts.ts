#!/usr/bin/env node
import { processHost } from '../src/cli/process-io.ts';
import { run } from '../src/cli/run.ts';

process.exitCode = await run(process.argv.slice(2), processHost());

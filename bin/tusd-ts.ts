#!/usr/bin/env node
import { takeSignals } from '../src/cli/process/process-signals.ts';

const argv = process.argv.slice(2);
const onSignal = takeSignals(argv);
// Loaded after the signal handlers: a signal must not kill a daemon that is still loading.
const { runProcess } = await import('../src/cli/run-process.ts');
await runProcess(argv, onSignal);

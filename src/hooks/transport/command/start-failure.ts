import { errnoOf } from '../../../fault.ts';

/** Why a program could not be started, as a sentence for a person. */
export function startFailure(error: unknown, command: string): string {
  switch (errnoOf(error)) {
    case 'ENOENT':
      return `there is no program ${command} (or its interpreter is missing)`;
    case 'EACCES':
    case 'EPERM':
      return `the program ${command} may not be run: is it executable?`;
    case 'ENOEXEC':
      return `${command} is no program: does it begin with #!?`;
    case 'E2BIG':
      return `the arguments of ${command} are too long`;
    case 'EAGAIN':
    case 'ENOMEM':
    case 'EMFILE':
    case 'ENFILE':
      return `${command} could not be started: the system has no process, memory or descriptor left`;
    default:
      return `${command} could not be started (${errnoOf(error) ?? 'no reason was given'})`;
  }
}

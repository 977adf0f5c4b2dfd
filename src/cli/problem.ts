/**
 * A problem as a command tells it: what happened, why, and what to do next; and the exit code that
 * says it.
 */
import {
  BadRequest,
  NotConnected,
  OutcomeUnknown,
  QuorateError,
  TooLarge,
} from '../client/errors.js';
import {ExitCode} from './exit-codes.js';

export class CliProblem extends Error {
  override readonly name = 'CliProblem';

  constructor(
    readonly exitCode: number,
    readonly what: string,
    readonly why: string,
    readonly next: string,
  ) {
    super(what);
  }
}

/** Null for an error that only a bug explains. */
export function problemOf(error: unknown): CliProblem | null {
  if (error instanceof CliProblem) {
    return error;
  }

  return error instanceof QuorateError ? problemOfRequest(error) : null;
}

/** The protocol's code behind it, null when the problem is not a request's. */
export function codeOf(error: unknown): number | null {
  return error instanceof QuorateError ? error.code : null;
}

function problemOfRequest(error: QuorateError): CliProblem {
  const {message, id} = error;
  if (error instanceof BadRequest || error instanceof TooLarge) {
    const what = 'the request cannot be carried out';
    return new CliProblem(ExitCode.usage, what, message, 'change it as told, and run it again');
  }

  if (error instanceof NotConnected) {
    const next = 'start a cluster with `npm start`, or name its broker with --server or NATS_URL';
    return new CliProblem(ExitCode.connection, 'no broker could be reached', message, next);
  }

  if (error instanceof OutcomeUnknown) {
    const retry = id === '' ? 'run it again' : `run it again with --id ${id}, within two minutes`;
    return new CliProblem(ExitCode.timeout, 'the outcome is unknown', message, retry);
  }

  const next = 'look at `npx quorate status`, then run it again';
  return new CliProblem(ExitCode.unavailable, 'the request was not carried out', message, next);
}

/**
 * Questions about one host, asked through its client subject by the command line and the console.
 */
import type {Counters} from '../counters.js';
import {Code, reject} from '../errors.js';
import {cut} from './request-options.js';
import {isFailpoint, FAILPOINTS, type Failpoints} from '../failpoints.js';

export type QuestionPorts = {
  readonly counters: Counters;
  readonly failpoints: Failpoints;
  readonly isDevelopment: boolean;
  readonly tree: () => unknown;
  readonly status: () => unknown;
  readonly hints: () => unknown;
};

/** A rejection for a question that is unknown or not allowed. */
export function answerQuestion(
  ports: QuestionPorts,
  question: string,
  parameter: unknown,
): unknown {
  switch (question) {
    case 'status':
      return ports.status();
    case 'actors':
      return ports.tree();
    case 'hints':
      return ports.hints();
    case 'counters':
      return ports.counters.all();
    case 'failpoint':
      return armFailpoint(ports, parameter);
    default:
      return reject(
        Code.badRequest,
        `unknown question '${cut(question)}': ask status, actors, hints, counters or failpoint`,
      );
  }
}

/** The parameter is [name, action, times, partition | null]. */
function armFailpoint({failpoints, isDevelopment}: QuestionPorts, parameter: unknown): unknown {
  if (!isDevelopment) {
    return reject(Code.badRequest, 'failpoints are only for hosts started with --dev');
  }

  const [name, action, times, partition] = Array.isArray(parameter) ? parameter : [];
  const isKnown = typeof name === 'string' && isFailpoint(name);
  const isPartition = partition === null || Number.isSafeInteger(partition);
  if (!isKnown || (action !== 'crash' && action !== 'exit') || !isPartition) {
    const names = FAILPOINTS.join(', ');
    return reject(Code.badRequest, `arm one of ${names} to crash or exit, for a partition or null`);
  }

  failpoints.arm(name, action, Number.isSafeInteger(times) ? times : 1, partition);
  return {armed: name};
}

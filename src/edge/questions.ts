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
  readonly repair: (scope: RepairQuestion) => unknown;
  readonly hints: () => unknown;
};

const QUESTIONS = ['status', 'actors', 'hints', 'counters', 'repair', 'failpoint'];

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
    case 'repair':
      return repair(ports, parameter);
    case 'failpoint':
      return armFailpoint(ports, parameter);
    default:
      return reject(
        Code.badRequest,
        `unknown question '${cut(question)}': ask ${QUESTIONS.join(', ')}`,
      );
  }
}

export type RepairQuestion = {
  readonly partitions: readonly number[] | null;
  readonly copies: number | null;
  readonly sinceMs: number | null;
};

/** The parameter is [partitions | null, copies | null, since | null]. */
function repair(ports: QuestionPorts, parameter: unknown): unknown {
  const [partitions, copies, sinceMs] = Array.isArray(parameter) ? parameter : [];
  const areNumbers = Array.isArray(partitions) && partitions.every(Number.isSafeInteger);
  const isCount = copies === null || Number.isSafeInteger(copies);
  const isTime = sinceMs === null || typeof sinceMs === 'number';
  if (!(partitions === null || areNumbers) || !isCount || !isTime) {
    return reject(
      Code.badRequest,
      'repair takes [partitions or null, copies or null, since or null]',
    );
  }

  return ports.repair({partitions, copies, sinceMs});
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

/**
 * What `up` waits for while its children live: that all are ready, that the run is over, that all
 * have ended.
 *
 * Invariants:
 *   1. A child that ends for good before it was ever ready ends the start, with the end of its log
 *      shown.
 *   2. The run goes on while the broker and at least one host are left.
 *   3. A group of children is asked to stop only when the group before it has ended.
 */
import {readFileSync} from 'node:fs';
import {ExitCode} from '../exit-codes.js';
import type {Child} from './children.js';
import {UpProblem} from './problem.js';
import type {StopRequests} from './signals.js';

const logLinesShown = 5;

/** Rejects when one ends for good before it is ready. */
export async function untilReady(children: readonly Child[], stop: StopRequests): Promise<void> {
  const all = Promise.all(
    children.map(async child => {
      if (!(await child.ready) && !stop.asked.aborted) {
        throw await endOf(child, 'could not start');
      }
    }),
  );
  await orStop(all, stop.asked);
}

/** Waits for a stop; rejects when there is no broker or no host left to run. */
export async function untilOver(
  brokers: readonly Child[],
  hosts: readonly Child[],
  {asked}: StopRequests,
): Promise<void> {
  try {
    await orStop(Promise.race([untilLost(brokers), untilLost(hosts)]), asked);
  } catch (error) {
    if (!asked.aborted) {
      throw error;
    }
  }
}

/** Never ends for an empty group, which has nothing to lose. */
async function untilLost(children: readonly Child[]): Promise<never> {
  await Promise.all(children.map(({gone}) => gone));
  const [first] = children;
  if (first === undefined) {
    return await new Promise<never>(() => {});
  }

  throw await endOf(first, 'has ended and is not restarted, nothing is left to run');
}

/** Rejects with an `AbortError` as soon as the signal says so. */
async function orStop<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  return await new Promise((done, failed) => {
    signal.addEventListener('abort', () => failed(signal.reason), {once: true});
    work.then(done, failed);
  });
}

/** Group by group: all of one are asked at once, and the next group waits for the last of them. */
export async function stopAll(
  groups: ReadonlyArray<readonly Child[]>,
  {forced}: StopRequests,
): Promise<void> {
  const all = groups.flat();
  const force = () => all.forEach(child => child.stop());
  for (const children of groups) {
    for (const child of children) {
      child.stop();
    }

    if (forced.aborted) {
      force();
    } else {
      forced.addEventListener('abort', force, {once: true});
    }

    await Promise.all(children.map(({gone}) => gone));
    forced.removeEventListener('abort', force);
  }
}

async function endOf(child: Child, what: string): Promise<UpProblem> {
  const exit = await child.gone;
  const log = lastLines(child.logPath);
  const code = exit?.code ?? null;
  return new UpProblem(
    code === null || code === 0 ? ExitCode.generic : code,
    `${child.name} ${what}. Its log is ${child.logPath}${log === '' ? '' : ', and ends:'}${log}`,
  );
}

function lastLines(path: string): string {
  try {
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(-logLinesShown);
    return lines.map(line => `\n  ${line}`).join('');
  } catch {
    return '';
  }
}

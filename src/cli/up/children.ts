/** A child of `up` as promises: supervised by the process actor, awaited by the command. */
import {waitFor} from 'xstate';
import {startProcess} from '../../../actors/process/process.effects.js';
import type {Exit, ProcessReport} from '../../../actors/process/process.messages.js';
import {isIncurable} from '../exit-codes.js';
import {launcherOf, type ProcessSpec} from './launch.js';

/**
 * A store that is recovered after a power cut takes its time; a minute or two is past all measure.
 */
const startTimeoutMs = 120_000;

export type Child = {
  readonly name: string;
  readonly logPath: string;
  /** True once it has served for the first time; false when it ended for good before. */
  readonly ready: Promise<boolean>;
  /** Its end for good: how it last exited, or null when it was waiting for a restart. */
  readonly gone: Promise<Exit | null>;
  /** Asks it to end, the second time without patience. */
  stop(): void;
};

export type ChildOptions = {
  readonly name: string;
  readonly spec: ProcessSpec;
  readonly restart: boolean;
  readonly stopTimeoutMs: number;
  readonly tell: (name: string, report: ProcessReport) => void;
};

const clock = {
  setTimeout: (run: (...args: unknown[]) => void, delayMs: number) => setTimeout(run, delayMs),
  clearTimeout: (id: NodeJS.Timeout) => clearTimeout(id),
};

export function keepChild({name, spec, restart, stopTimeoutMs, tell}: ChildOptions): Child {
  let last: Exit | null = null;
  const actor = startProcess(
    {
      launch: launcherOf(spec),
      clock,
      tell(report) {
        last = report.kind === 'exited' ? report.exit : last;
        tell(name, report);
      },
    },
    {restart, isIncurable, startTimeoutMs, stopTimeoutMs},
  );
  const started = waitFor(actor, ({context, status}) => context.wasReady || status === 'done');
  const ended = waitFor(actor, ({status}) => status === 'done');

  return {
    name,
    logPath: spec.logPath,
    ready: started.then(({context}) => context.wasReady),
    gone: ended.then(() => last),
    stop: () => actor.send({type: 'keep.stop'}),
  };
}

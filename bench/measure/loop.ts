/** What both ways of putting load on a system have in common. */
import type {Clock} from '../../src/ports/clock.js';
import type {Outcome, Recorder} from './recorder.js';

export type Loop = {
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout'>;
  /** Begins one operation; rejects when it fails. */
  readonly operate: () => Promise<Outcome>;
  readonly recorder: Recorder;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** The measured window begins, and ends: for what is read beside it. */
  readonly onBegin: () => void;
  readonly onEnd: () => void;
  /** Told what an operation failed with. */
  readonly onFailure: (cause: unknown) => void;
};

/** Opens and closes the measured window. Resolves with its end. */
export async function measureWindow(loop: Loop): Promise<number> {
  const {clock, recorder} = loop;
  const pause = (delayMs: number) =>
    new Promise<void>(resolve => {
      clock.setTimeout(() => resolve(), delayMs);
    });
  await pause(loop.warmUpMs);
  loop.onBegin();
  recorder.begin(clock.nowMs());
  await pause(loop.measureMs);
  const endMs = clock.nowMs();
  recorder.end(endMs);
  loop.onEnd();
  return endMs;
}

/** One operation, recorded as begun at `startedMs`. Never rejects. */
export async function recorded(loop: Loop, startedMs: number): Promise<void> {
  let outcome: Outcome = 'failed';
  try {
    outcome = await loop.operate();
  } catch (cause) {
    loop.onFailure(cause);
  }

  loop.recorder.ended(startedMs, loop.clock.nowMs(), outcome);
}

/**
 * Named places where tests make things go wrong. Disarmed, a failpoint costs one comparison.
 *
 * `crash` throws where the point is hit, so that the actor there dies and its parent must cope;
 * `exit` ends the whole process as a power cut would, through the function given at construction.
 * Armed by tests, or by an administrator's request on hosts started with `--dev`.
 */
export const FAILPOINTS = [
  'vnode.work',
  'put.decided',
  'put.sent',
  'commit.before',
  'commit.after',
  'coordinator.admit',
  'hints.work',
  'hint.delivered',
  'purge.mark',
  'purge.remove',
  'purge.retire',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];
export type FailpointAction = 'crash' | 'exit';

type Arming = {action: FailpointAction; times: number; partition: number | null};

export class FailpointHit extends Error {
  override readonly name = 'FailpointHit';
}

export class Failpoints {
  readonly #armed = new Map<Failpoint, Arming>();

  constructor(private readonly exit: () => void) {}

  /** The point acts on its next `times` hits, only in `partition` when one is given. */
  arm(name: Failpoint, action: FailpointAction, times = 1, partition: number | null = null): void {
    this.#armed.set(name, {action, times, partition});
  }

  /** Every point is as if it had never been armed. */
  disarm(): void {
    this.#armed.clear();
  }

  hit(name: Failpoint, partition: number | null = null): void {
    if (this.#armed.size === 0) {
      return;
    }

    const arming = this.#armed.get(name);
    if (arming === undefined || (arming.partition !== null && arming.partition !== partition)) {
      return;
    }

    arming.times -= 1;
    if (arming.times <= 0) {
      this.#armed.delete(name);
    }

    if (arming.action === 'exit') {
      this.exit();
    }

    throw new FailpointHit(`failpoint ${name} was armed to ${arming.action}`);
  }
}

export function isFailpoint(name: string): name is Failpoint {
  return (FAILPOINTS as readonly string[]).includes(name);
}

/**
 * Whether a host with this id already runs in the cluster: two hosts of one id would both be
 * counted as it.
 *
 * The broker says so: it knows whether anybody listens on the id's subject. A host that was just
 * killed may still be listed until the broker has noticed, so silence is asked again for some
 * seconds.
 */
import type {Clock} from '../../ports/clock.js';
import type {Random} from '../../ports/random.js';
import type {Transport} from '../../ports/transport.js';
import type {Subjects} from '../../subjects.js';

/**
 * Longer than the broker's pings take to end a dead connection: two of 2 s, and their answers'
 * time.
 */
const PATIENCE_MS = 8_000;
const ASK_EVERY_MS = 500;

export type Surroundings = {
  readonly transport: Transport;
  readonly subjects: Subjects;
  readonly random: Random;
  readonly clock: Clock;
};

export function answersElsewhere(id: string, around: Surroundings): Promise<boolean> {
  const {transport, subjects, random, clock} = around;
  const inbox = `_INBOX.${Buffer.from(random.bytes(16)).toString('hex')}`;
  const startedMs = clock.nowMs();
  return new Promise(resolve => {
    const subscription = transport.subscribe(inbox, {}, message => {
      if (message.unheard) {
        end(false);
      }
    });
    const end = (answers: boolean) => {
      clock.clearTimeout(timer);
      subscription.unsubscribe();
      resolve(answers);
    };
    let timer = clock.setTimeout(ask, 0);

    function ask(): void {
      if (clock.nowMs() - startedMs > PATIENCE_MS) {
        end(true);
        return;
      }

      transport.publish(subjects.lane(id, 'admin'), new Uint8Array(0), {reply: inbox});
      timer = clock.setTimeout(ask, ASK_EVERY_MS);
    }
  });
}

/**
 * One message out, one answer back: for what is asked rarely, such as the topology and the state of
 * a host.
 */
import type {Clock} from '../ports/clock.js';
import type {Message, Transport} from '../ports/transport.js';

export type QuestionAnswer =
  | {readonly kind: 'answered'; readonly payload: Uint8Array}
  /** Nobody listens there. */
  | {readonly kind: 'unheard'}
  | {readonly kind: 'timeout'};

type Open = {readonly done: (answer: QuestionAnswer) => void; readonly timer: unknown};

export class Questions {
  readonly #open = new Map<number, Open>();
  #lastNo = 0;

  constructor(
    private readonly transport: Transport,
    private readonly clock: Clock,
    private readonly replyTo: (no: number) => string,
  ) {}

  /** `done` is called exactly once, never before this has returned. */
  ask(
    subject: string,
    payload: Uint8Array,
    timeoutMs: number,
    done: (answer: QuestionAnswer) => void,
  ): void {
    this.#lastNo += 1;
    const no = this.#lastNo;
    const timer: unknown = this.clock.setTimeout(() => this.#end(no, {kind: 'timeout'}), timeoutMs);
    this.#open.set(no, {done, timer});
    this.transport.publish(subject, payload, {reply: this.replyTo(no)});
  }

  onAnswer(no: number, message: Message): void {
    this.#end(
      no,
      message.unheard ? {kind: 'unheard'} : {kind: 'answered', payload: message.payload},
    );
  }

  /** Ends everything that is open as if its time were over. */
  close(): void {
    for (const no of this.#open.keys()) {
      this.#end(no, {kind: 'timeout'});
    }
  }

  #end(no: number, answer: QuestionAnswer): void {
    const open = this.#open.get(no);
    if (open !== undefined) {
      this.#open.delete(no);
      this.clock.clearTimeout(open.timer);
      open.done(answer);
    }
  }
}

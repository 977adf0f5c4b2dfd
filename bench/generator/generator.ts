/** The bench's side of a load generator. */
import {fileURLToPath} from 'node:url';
import type {Child} from '../stage/child.js';
import type {Stage} from '../stage/stage.js';
import type {Address, SystemName} from '../systems/system.js';
import type {Reply, Request, Slice, SliceResult} from './protocol.js';

const PROGRAM = fileURLToPath(new URL('main.js', import.meta.url));

export class Generator {
  private constructor(private readonly child: Child) {}

  /** Resolves once it is connected. */
  static async open(
    stage: Stage,
    system: SystemName,
    address: Address,
    valueBytes: number,
  ): Promise<Generator> {
    const name = `client of ${system}`;
    const child = stage.start({name, command: [process.execPath, PROGRAM], ipc: true});
    const generator = new Generator(child);
    await generator.#ask({kind: 'open', system, address, valueBytes});
    return generator;
  }

  /** Puts records `from` up to but excluding `to`; `onLoaded` is told how far it is. */
  async load(
    range: {readonly from: number; readonly to: number; readonly inFlight: number},
    onLoaded: (loaded: number) => void = () => {},
  ): Promise<void> {
    await this.#ask({kind: 'load', ...range}, onLoaded);
  }

  async run(slice: Slice): Promise<SliceResult> {
    const reply = await this.#ask({kind: 'run', slice});
    if (reply.kind !== 'ran') {
      throw new TypeError(`${this.child.name} answered ${reply.kind}`);
    }

    return reply.result;
  }

  async close(): Promise<void> {
    await this.#ask({kind: 'close'});
    await this.child.kill();
  }

  async #ask(request: Request, onLoaded: (loaded: number) => void = () => {}): Promise<Reply> {
    const {process: generator, name} = this.child;
    const answered = new Promise<Reply>((resolve, reject) => {
      const hear = (reply: Reply) => {
        if (reply.kind === 'loading') {
          onLoaded(reply.loaded);
          return;
        }

        generator.off('message', hear);
        if (reply.kind === 'failed') {
          reject(new Error(`${name}: ${reply.why}`));
        } else {
          resolve(reply);
        }
      };
      generator.on('message', hear);
      generator.send(request);
    });
    return await Promise.race([answered, this.child.failure()]);
  }
}

/**
 * What every command that talks to a cluster has in common: its options, its errors, its output.
 * Cheap to import.
 */
import {Command, InvalidArgumentError} from '@commander-js/extra-typings';

export type CommonOptions = {
  readonly server?: string | undefined;
  readonly name: string;
  readonly timeout: number;
  readonly json?: true | undefined;
};

/** A command with the common options; a usage error is thrown, never ends the process. */
export function clusterCommand(name: string) {
  return new Command(name)
    .option('--server <url>', 'the broker (default NATS_URL, or nats://127.0.0.1:4222)')
    .option('--name <root>', 'the cluster, first token of its subjects', 'quorate')
    .option('--timeout <ms>', 'for each request, retries included', parseTimeout, 5_000)
    .option('--json', 'one JSON object on stdout, errors too')
    .exitOverride();
}

export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new InvalidArgumentError('it must be a whole number of at least 1');
  }

  return Number(text);
}

export function parseIndex(text: string): number {
  if (!/^(?:0|[1-9]\d{0,8})$/.test(text)) {
    throw new InvalidArgumentError('it must be a whole number of at least 0');
  }

  return Number(text);
}

/**
 * A number, or one of the words that follow n; whether it fits the bucket is for the hosts to say.
 */
export function parseQuorumOption(text: string): number | 'one' | 'quorum' | 'all' {
  if (text === 'one' || text === 'quorum' || text === 'all') {
    return text;
  }

  if (!/^\d{1,9}$/.test(text)) {
    throw new InvalidArgumentError('use a number, one, quorum or all');
  }

  return Number(text);
}

function parseTimeout(text: string): number {
  const timeoutMs = parseCount(text);
  if (timeoutMs > 60_000) {
    throw new InvalidArgumentError('use milliseconds from 1 to 60000');
  }

  return timeoutMs;
}

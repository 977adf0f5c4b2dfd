/**
 * Whether a port is free, and whether a NATS broker answers there. Loopback or wherever a URL
 * points.
 */
import {connect, createServer} from 'node:net';
import {errorCode} from '../../provision/error-code.js';

const greetingTimeoutMs = 2_000;
const defaultPort = 4222;

export type Address = {readonly host: string; readonly port: number};

/**
 * '' when a listener can be put there now; else the operating system's code, such as EADDRINUSE.
 */
export async function portRefusal({host, port}: Address): Promise<string> {
  return await new Promise(resolve => {
    const server = createServer();
    server.once('error', error => resolve(errorCode(error) || 'EUNKNOWN'));
    server.listen({host, port}, () => server.close(() => resolve('')));
  });
}

/**
 * Whether something greets there as a NATS broker does: with an INFO line, before anything is said
 * to it.
 */
export async function greetsAsBroker({host, port}: Address): Promise<boolean> {
  return await new Promise(resolve => {
    const socket = connect({host, port});
    let heard = '';
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };

    socket.setTimeout(greetingTimeoutMs, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
    socket.on('data', bytes => {
      heard += bytes.toString('latin1');
      if (heard.length >= 'INFO '.length) {
        settle(heard.startsWith('INFO '));
      }
    });
  });
}

/** The addresses of a NATS URL, or of several with commas between them; null when it is none. */
export function addressesOf(servers: string): Address[] | null {
  const found: Address[] = [];
  for (const server of servers.split(',').map(part => part.trim())) {
    const spelled = server.includes('://') ? server : `nats://${server}`;
    const url = URL.canParse(spelled) ? new URL(spelled) : null;
    if (url === null || url.hostname === '') {
      return null;
    }

    // Brackets belong to the URL's spelling of an IPv6 address, not to the address.
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    found.push({host, port: url.port === '' ? defaultPort : Number(url.port)});
  }

  return found;
}

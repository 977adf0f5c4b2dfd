/**
 * A broker's address as people write it. nats.js ignores a user and password inside the address.
 */
export type Server = {
  readonly servers: readonly string[];
  readonly credentials?: {readonly user: string; readonly pass: string};
};

/** `nats://user:pass@host:port`, or several separated by commas. */
export function splitServer(text: string): Server {
  const urls = text.split(',').map(part => {
    const trimmed = part.trim();
    return new URL(trimmed.includes('://') ? trimmed : `nats://${trimmed}`);
  });
  const servers = urls.map(({host}) => host);
  const {username = '', password = ''} = urls.find(url => url.username !== '') ?? {};
  return username === ''
    ? {servers}
    : {
        servers,
        credentials: {user: decodeURIComponent(username), pass: decodeURIComponent(password)},
      };
}

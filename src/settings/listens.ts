/**
 * Where something listens, as a target that `postern prove` takes: addresses of loopback and those that mean every address are
 * `localhost`. Undefined where the port is no number, such as a range.
 */
export function listenTarget(scheme: string, address: string, port: string): string | undefined {
  if (!/^\d{1,5}$/.test(port) || Number(port) === 0) return undefined
  const bare = address.replace(/^\[|\]$/g, '')
  if (EVERYWHERE.includes(bare) || /^127\.\d+\.\d+\.\d+$/.test(bare)) return `${scheme}://localhost:${port}`
  if (!/^[\w.:-]+$/.test(bare)) return undefined
  return `${scheme}://${bare.includes(':') ? `[${bare}]` : bare}:${port}`
}

const EVERYWHERE = ['', '*', '0.0.0.0', '::', '::0', '0:0:0:0:0:0:0:0', '::1', 'localhost']

/** `443`, `*:443`, `[::]:443` and `192.0.2.1:443` in their two parts; undefined for sockets without a port. */
export function addressAndPort(text: string): readonly [address: string, port: string] | undefined {
  const [, address = '', port] = /^(?:(.*):)?(\d+)$/.exec(text) ?? []
  return port === undefined || /^(?:unix|abns|fd)\b|\//.test(text) ? undefined : [address, port]
}

import { PosternError } from '../errors.ts'

type Words = readonly [why: string, remedy: string]

const LISTENS = 'Check that the server listens there, and that nothing in between refuses the connection.'
const FEWER = 'Wait a minute, or ask with a smaller --parallel.'
const FIREWALL = 'Check the address, and whether a firewall drops the connection.'

/** What the system says when no connection comes about: errno(3), connect(2). */
const WORDS: ReadonlyMap<string, Words> = new Map<string, Words>([
  ['ECONNREFUSED', ['nobody listens there, the connection was refused', LISTENS]],
  ['ECONNRESET', ['the connection was cut off at once', LISTENS]],
  ['ECONNABORTED', ['the connection was cut off at once', LISTENS]],
  ['ETIMEDOUT', ['no answer came', FIREWALL]],
  ['EHOSTUNREACH', ['no way leads to this host', 'Check the address, and that the host is up.']],
  ['EHOSTDOWN', ['the host is down', 'Check the address, and that the host is up.']],
  ['ENETUNREACH', ['no way leads to this network', 'Check the address and the routes of this machine; -4 or -6 keeps to one family.']],
  ['ENETDOWN', ['the network of this machine is down', 'Check the network of this machine.']],
  ['EAFNOSUPPORT', ['this machine has no addresses of this kind', 'Keep to the other family, with -4 or -6.']],
  ['EADDRNOTAVAIL', ['this machine has no address or no port left to call from', FEWER]],
  ['EAGAIN', ['this machine has no port left to call from', FEWER]],
  [
    'EMFILE',
    ['too many connections and files are open', 'Raise the limit, such as with ulimit -n 4096, or ask with a smaller --parallel.'],
  ],
  ['ENFILE', ['this machine has too many files open', FEWER]],
  ['ENOBUFS', ['this machine has no room for another connection', FEWER]],
  ['ENOMEM', ['this machine has no memory for another connection', FEWER]],
  ['EACCES', ['this machine forbids it', 'Check the firewall of this machine.']],
  ['EPERM', ['this machine forbids it', 'Check the firewall of this machine.']],
  ['EINVAL', ['nobody can be called at this address', 'Name the interface behind a link-local address, such as [fe80::1%eth0]:25.']],
])

/** `CONNECT_FAILED` in the words of an administrator, with the name that the system has for it in brackets. `at` is address and port. */
export function connectFailed(at: string, cause: NodeJS.ErrnoException): PosternError {
  const { code = '' } = cause
  const [why, remedy] = WORDS.get(code) ?? [cause.message, LISTENS]
  const name = code === '' || why.includes(code) ? '' : ` (${code})`
  return new PosternError('world', 'CONNECT_FAILED', `Cannot connect to ${at}: ${why}${name}`, { remedy })
}

import { listenTarget } from '../listens.ts'
import type { Block, Setting, Statement } from './statements.ts'

/** A protocol that a login service speaks, and the ports that it has where nothing else is said, Dovecot's service settings. */
interface Service {
  readonly protocol: string
  readonly name: string
  readonly listeners: Readonly<Record<string, Listener>>
}

interface Listener {
  readonly port: string
  readonly implicit: boolean
}

const SERVICES: readonly Service[] = [
  { protocol: 'imap', name: 'imap-login', listeners: pair('imap', '143', '993') },
  { protocol: 'pop3', name: 'pop3-login', listeners: pair('pop3', '110', '995') },
  { protocol: 'sieve', name: 'managesieve-login', listeners: { sieve: { port: '4190', implicit: false } } },
  { protocol: 'submission', name: 'submission-login', listeners: { submission: { port: '587', implicit: false } } },
]

/** What to speak, by protocol: before TLS, and with TLS from the start. */
const SCHEMES: Readonly<Record<string, readonly [plain: string, implicit: string]>> = {
  imap: ['imap', 'imaps'],
  pop3: ['pop3', 'pop3s'],
  sieve: ['sieve', 'tls'],
  submission: ['smtp', 'smtps'],
}

function pair(name: string, port: string, implicit: string): Service['listeners'] {
  return { [name]: { port, implicit: false }, [`${name}s`]: { port: implicit, implicit: true } }
}

/** Where each protocol can be met, for those that the files turn on. */
export function listensOf(statements: readonly Statement[]): ReadonlyMap<string, readonly string[]> {
  // A later value takes the place of an earlier one, unless it names that.
  const on = valuesOf(statements, 'protocols').reduce<readonly string[]>((before, value) => {
    const own = value.split(/\s+/)
    return own.includes('$protocols') ? [...before, ...own] : own
  }, [])
  const address = (valuesOf(statements, 'listen').at(-1) ?? '*').split(/[\s,]+/)[0] ?? '*'
  if (valuesOf(statements, 'ssl').at(-1) === 'no') return new Map()
  return new Map(
    SERVICES.filter(({ protocol }) => on.includes(protocol)).map(({ protocol, name, listeners }) => {
      const own = blocksIn(statements, `service ${name}`).flatMap((block) => block.statements)
      const [plain, secure] = SCHEMES[protocol] ?? ['tls', 'tls']
      const targets = listenersIn(own, listeners).flatMap(
        ({ port, implicit }) => listenTarget(implicit ? secure : plain, address, port) ?? [],
      )
      return [protocol, targets]
    }),
  )
}

/** Those that there always are, as the blocks change them, and further ones. */
function listenersIn(statements: readonly Statement[], usual: Service['listeners']): readonly Listener[] {
  const named = statements.flatMap((one) => (one.kind === 'block' ? (/^inet_listener (\S+)$/.exec(one.name)?.[1] ?? []) : []))
  return [...new Set([...Object.keys(usual), ...named])].flatMap((name) => {
    const inside = blocksIn(statements, `inet_listener ${name}`).flatMap((block) => block.statements)
    const last = (key: string): string | undefined => valuesOf(inside, key).at(-1)
    // Whoever sends no PROXY header is turned away, and an address of its own is another door than the one that is known.
    if (last('haproxy') === 'yes' || last('address') !== undefined || last('listen') !== undefined) return []
    const ssl = last('ssl')
    return [
      { port: last('port') ?? usual[name]?.port ?? '', implicit: ssl === undefined ? (usual[name]?.implicit ?? false) : ssl === 'yes' },
    ]
  })
}

function blocksIn(statements: readonly Statement[], name: string): readonly Block[] {
  return statements.filter((one): one is Block => one.kind === 'block' && one.name === name)
}

function valuesOf(statements: readonly Statement[], key: string): readonly string[] {
  return statements.filter((one): one is Setting => one.kind === 'setting' && one.key === key).map(({ value }) => value)
}

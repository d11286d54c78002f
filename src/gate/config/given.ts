import type { Policy } from '../../policy/index.ts'
import type { YamlProblem } from '../../policy/yaml/index.ts'
import type { PosternError } from '../../errors.ts'
import type { BackendFile, BesideFile, BesideServiceFile, GateFile, ServiceFile, TlsMode } from './config-file.ts'
import type { TlsWishes } from './config.ts'

/** TLS as settings of another program describe it. */
export interface GivenTls {
  readonly policy: Policy
  readonly wishes: TlsWishes
}

/** A service as such settings describe it. The words of a configuration beside them take the place of these. */
export interface GivenService {
  readonly name: string
  /** Absent where the settings do not tell it. */
  readonly listen?: ServiceFile['listen']
  /** Its clients come over a link to a gate: over the only one that there is, where nothing else is said. */
  readonly linked?: true
  readonly dialect: string
  readonly tls: TlsMode
  /** It runs although the configuration beside has no word of it. */
  readonly always: boolean
}

/** What settings of another program say, for a configuration that stands beside them and names certificates and servers behind. */
export interface Given {
  /** Their file, for errors. */
  readonly title: string
  readonly services: readonly GivenService[]
  /** Asked for services whose configuration names no policy. Throws a `PosternError` where the settings do not tell. */
  readonly tlsOf: (name: string, dialect: string) => GivenTls
  /** The same of their client role: what they send and fetch. Undefined where they do not tell. */
  readonly outwards?: (dialect: string) => GivenTls | undefined
}

/** A configuration made whole, and the policies in it that are no names. */
export interface Completed {
  readonly file: GateFile
  readonly policies: ReadonlyMap<string, GivenTls>
}

/** Puts what the settings say where the configuration beside them says nothing. Throws what `refuse` makes, and what `tlsOf` throws. */
export function completed(beside: BesideFile, given: Given, refuse: (problem: YamlProblem) => PosternError): Completed {
  const policies = new Map<string, GivenTls>()
  const written = new Map(Object.entries(beside.services ?? {}))
  const names = new Set([...given.services.filter(({ always }) => always).map(({ name }) => name), ...written.keys()])
  if (names.size === 0)
    throw refuse({
      path: [],
      what: `no service is named, and ${given.title} does not say where it listens`,
      remedy: `Name some under services, such as ${given.services[0]?.name ?? 'smtp'}: 127.0.0.1:2525. Known are ${listed(given)}.`,
    })
  const services = [...names].map((name) => {
    const words = wordsOf(written.get(name))
    const known = given.services.find((service) => service.name === name)
    const { listen = listenFor(beside, known), dialect = known?.dialect, tls = known?.tls, backend = beside.backend } = words
    const missing = (word: string): PosternError =>
      refuse({
        path: ['services', name],
        what: `the service ${name} has no ${word}`,
        remedy: `Write services: { ${JSON.stringify(name)}: { ${word}: … } }. Those that need no more than a backend are ${listed(given)}.`,
      })
    if (dialect === undefined) throw missing('dialect')
    if (listen === undefined) throw missing('listen')
    if (tls === undefined) throw missing('tls')
    if (backend === undefined && words.outlet === undefined) throw missing('backend')
    const outwards = (): string | undefined => {
      const own = given.outwards?.(dialect)
      if (own !== undefined) policies.set(own.policy.name, own)
      return own?.policy.name
    }
    const whole = { ...words, listen, dialect, tls, ...goesOut(words.outlet, backend, known === undefined, outwards) }
    if (words.policy !== undefined) return [name, { ...whole, policy: words.policy }] as const
    const own = given.tlsOf(name, dialect)
    policies.set(own.policy.name, own)
    return [name, { ...whole, policy: own.policy.name }] as const
  })
  const { backend: _backend, services: _services, ...others } = beside
  return { file: { ...others, services: Object.fromEntries<ServiceFile>(services) }, policies }
}

/** What is sent, and what is fetched by a service that is none of the product's own, goes by its client role where no policy is named. */
function goesOut(
  outlet: ServiceFile['outlet'],
  backend: ServiceFile['backend'],
  isForeign: boolean,
  outwards: () => string | undefined,
): Pick<ServiceFile, 'outlet' | 'backend'> {
  if (outlet !== undefined) return { outlet: withPolicy(outlet, outwards) }
  if (backend === undefined) return {}
  const one = (some: string | BackendFile): string | BackendFile =>
    typeof some === 'string' || !isForeign || (some.tls ?? 'none') === 'none' ? some : withPolicy(some, outwards)
  const all = [backend].flat().map(one)
  const [only] = all
  return { backend: Array.isArray(backend) || only === undefined ? all : only }
}

function withPolicy<T extends { readonly policy?: string }>(words: T, outwards: () => string | undefined): T {
  const policy = words.policy ?? outwards()
  return policy === undefined ? words : { ...words, policy }
}

/** As the settings say; over the only link where they leave it to somebody else to bring clients. */
function listenFor({ links }: BesideFile, known: GivenService | undefined): ServiceFile['listen'] | undefined {
  const [link, ...others] = Object.keys(links?.gates ?? {})
  return known?.linked !== true || link === undefined || others.length > 0 ? known?.listen : { link }
}

/** A service may be written as nothing but the server behind it. */
function wordsOf(written: string | BesideServiceFile | undefined): BesideServiceFile {
  return typeof written === 'string' ? { backend: written } : (written ?? {})
}

function listed({ services }: Given): string {
  return services.map(({ name }) => name).join(', ')
}

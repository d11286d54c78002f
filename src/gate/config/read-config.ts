import { dirname, resolve } from 'node:path'
import { PosternError } from '../../errors.ts'
import { parsePolicy, policyOf, rulebookByName, RULEBOOKS, type Policy } from '../../policy/index.ts'
import { readYaml, type YamlKind, type YamlProblem } from '../../policy/yaml/index.ts'
import { CLIENT_PREFIX } from '../client-key.ts'
import type { GateConfig, IdentityConfig, RuleConfig, ServiceConfig } from './config.ts'
import type { GateFile, HealthFile, RouteFile, ServiceFile, StageFile, StageName } from './config-file.ts'
import { besideFile, gateFile } from './config-schema.ts'
import { completed, type Completed, type Given } from './given.ts'
import { refuseLoops } from './loops.ts'
import { refuseOverlaps } from './overlaps.ts'
import { alpnOf, headersOf, isPassedOn, tlsMode } from './tls-mode.ts'
import { isLoopback, networkOf, placeOf, portsOf, type Place } from './places.ts'
import { readBackend } from './read-backend.ts'
import { readClients, type ClientsSource } from './read-clients.ts'
import { readIdentity } from './read-identity.ts'
import { listenOf, readLinks } from './read-links.ts'
import { readLogins } from './read-logins.ts'
import { readOutlet } from './read-outlet.ts'
import { readText, whyUnreadable } from './read-text.ts'
import { timeoutsFor } from './timeouts.ts'

const KIND: YamlKind = {
  noun: 'gate configuration',
  code: 'GATE_CONFIG',
  longest: 1024 * 1024,
  example: 'services:',
  custom: 'Write it as in the examples of docs/gate.md.',
  see: 'schemas/gate.schema.json or docs/gate.md',
}

/** Milliseconds. */
const DEFAULT_HEALTH_INTERVAL = 10_000
/** The policy towards next hops where none is named. */
const USUAL_OUTWARDS = 'mozilla-intermediate'
const DEFAULT_LIMITS = { connections: 10_000, perClient: 100, ipv6Prefix: CLIENT_PREFIX, line: 4096 }

/**
 * A gate's configuration out of a YAML file, with everything that it names. Rejects with a `PosternError` that names the place in the file and
 * what to do: `GATE_CONFIG`, `POLICY_FILE`, both `input`.
 */
export async function readGateConfig(file: string, now: Date): Promise<GateConfig> {
  const { value, refuse } = readYaml(await textOf(file, 'Name a file that can be read.'), file, gateFile, KIND)
  return new ConfigReader({ file: value, folder: dirname(resolve(file)), now, refuse, given: new Map() }).read()
}

/**
 * The same out of a YAML file that stands beside settings of another program: it says where certificates and servers behind are, and whatever it does
 * not say is as those settings have it. Rejects as `readGateConfig()` does, and with what `given` throws.
 */
export async function readGateBeside(file: string, now: Date, given: Given): Promise<GateConfig> {
  const remedy = `Write one beside ${given.title}, with identities and backends, or name it with --with; docs/gate.md has examples.`
  const { value, refuse } = readYaml(await textOf(file, remedy), file, besideFile, { ...KIND, example: 'identities:' })
  const whole = completed(value, given, refuse)
  return new ConfigReader({ file: whole.file, folder: dirname(resolve(file)), now, refuse, given: whole.policies }).read()
}

function textOf(file: string, remedy: string): Promise<string> {
  return readText(
    file,
    (cause) => new PosternError('input', 'GATE_CONFIG', `Cannot read gate configuration ${file}: ${whyUnreadable(cause)}`, { remedy }),
  )
}

type Path = readonly string[]

interface Source {
  readonly file: GateFile
  readonly folder: string
  readonly now: Date
  readonly refuse: (problem: YamlProblem) => PosternError
  /** Policies that are neither rulebooks nor files. */
  readonly given: Completed['policies']
}

class ConfigReader {
  readonly #file: GateFile
  readonly #folder: string
  readonly #now: Date
  readonly #refuse: Source['refuse']
  readonly #given: Source['given']

  constructor({ file, folder, now, refuse, given }: Source) {
    this.#file = file
    this.#folder = folder
    this.#now = now
    this.#refuse = refuse
    this.#given = given
  }

  async read(): Promise<GateConfig> {
    const identities = new Map<string, IdentityConfig>()
    for (const [name, pairs] of Object.entries(this.#file.identities ?? {}))
      identities.set(name, await readIdentity(name, pairs, { folder: this.#folder, refuse: this.#refuse }))
    const services: ServiceConfig[] = []
    for (const [name, service] of Object.entries(this.#file.services)) services.push(await this.#service(name, service, identities))
    const links = readLinks(this.#file, this.#folder, this.#refuse)
    const metrics = this.#metrics()
    refuseOverlaps({ services, metrics, links }, this.#metricsPath, this.#refuse)
    refuseLoops(services, this.#refuse)
    return { services, workers: this.#file.workers, metrics, admin: this.#admin(), links }
  }

  /** Metrics say nothing of single clients, but how busy a server is and when its certificates end is nobody else's business. */
  #metrics(): GateConfig['metrics'] {
    const { metrics } = this.#file
    if (metrics === undefined) return undefined
    const { listen, beyondLoopback = false } = typeof metrics === 'string' ? { listen: metrics } : metrics
    const found = place(listen)
    if (beyondLoopback || isLoopback(found)) return found
    throw this.#refuse({
      path: this.#metricsPath,
      what: `${listen} can be reached from other machines`,
      remedy: `Write 127.0.0.1:${found.port}, or metrics: { listen: "${listen}", beyondLoopback: true } where that is meant.`,
    })
  }

  get #metricsPath(): Path {
    return typeof this.#file.metrics === 'string' ? ['metrics'] : ['metrics', 'listen']
  }

  #admin(): GateConfig['admin'] {
    const { admin } = this.#file
    return typeof admin === 'string' ? resolve(this.#folder, admin) : admin
  }

  async #service(name: string, file: ServiceFile, all: ReadonlyMap<string, IdentityConfig>): Promise<ServiceConfig> {
    const path = ['services', name]
    const { timeouts = {}, limits = {}, health = {} } = this.#file
    const rule = {
      ...(await this.#tlsOf(file.policy, [...path, 'policy'])),
      ...(await readClients(file.clientCertificates, this.#source(path))),
      stages: stagesOf(file.stage),
    }
    return {
      name,
      ...listenOf(file, this.#file.links ?? {}, path, this.#refuse),
      dialect: file.dialect,
      tls: tlsMode(file, path, this.#refuse),
      rules: [...(await this.#exceptions(file, path, rule)), { networks: undefined, ...rule }],
      identities: this.#identities(file, path, all),
      ...(await this.#behind(file, path)),
      healthInterval: healthInterval(health, [file.backend].flat().length),
      acceptProxy: (file.acceptProxy ?? []).flatMap((text) => networkOf(text) ?? []),
      routes: await this.#routes(file, path),
      hideLogin: file.hideLogin ?? true,
      headers: headersOf(file, path, this.#refuse),
      alpn: alpnOf(file, path, this.#refuse),
      log: this.#file.log ?? 'all',
      streams: this.#file.streams ?? 'handles',
      ...this.#data(file, path),
      plainAfterRefusal: this.#plainAfterRefusal(file, path),
      timeouts: timeoutsFor(file.dialect, timeouts),
      limits: { ...DEFAULT_LIMITS, ...limits },
    }
  }

  async #routes({ dialect, routes = [] }: ServiceFile, path: Path): Promise<ServiceConfig['routes']> {
    return Promise.all(
      routes.map(async ({ names, backend }, index) => ({
        names,
        backends: await this.#backends({ backend, dialect }, [...path, 'routes', String(index), 'backend']),
      })),
    )
  }

  async #behind(
    { backend, outlet, dialect, logins }: ServiceFile,
    path: Path,
  ): Promise<Pick<ServiceConfig, 'backends' | 'outlet' | 'logins'>> {
    const source = { folder: this.#folder, refuse: this.#refuse }
    if ((backend === undefined) === (outlet === undefined))
      throw this.#refuse({
        path: outlet === undefined ? path : [...path, 'outlet'],
        what: outlet === undefined ? 'nothing is behind this service' : 'this service has a backend too',
        remedy: 'Write backend: host:port for a server behind, or outlet: {} for mail that goes out.',
      })
    if (backend !== undefined) {
      const backends = await this.#backends({ backend, dialect }, [...path, 'backend'])
      return { backends, ...(await readLogins(logins, { dialect, backends, path: [...path, 'logins'] }, source)) }
    }
    if (logins !== undefined)
      throw this.#refuse({ path: [...path, 'logins'], what: 'an outlet has no users', remedy: 'Leave it out, or use login under outlet.' })
    const read = readOutlet(outlet ?? {}, {
      dialect,
      path: [...path, 'outlet'],
      ...source,
      tls: (name, at) => this.#tlsOf(name ?? USUAL_OUTWARDS, at),
      text: (named, at) => this.#text(named, at),
      stages: stagesOf,
    })
    return { backends: [], outlet: await read }
  }

  #backends(
    { backend, dialect }: Pick<RouteFile, 'backend'> & Pick<ServiceFile, 'dialect'>,
    path: Path,
  ): Promise<ServiceConfig['backends']> {
    return Promise.all(
      [backend].flat().map((one, index) =>
        readBackend(one, {
          dialect,
          service: path[1] ?? '',
          hasDoor: this.#file.links?.listen !== undefined,
          path: [...path, ...(Array.isArray(backend) ? [String(index)] : [])],
          refuse: this.#refuse,
          place,
          policy: (policy, at) => this.#policy(policy, at),
          text: (named, at) => this.#text(named, at),
        }),
      ),
    )
  }

  /** `others`: what counts where an exception says nothing. */
  #exceptions({ exceptions = [] }: ServiceFile, path: Path, others: Omit<RuleConfig, 'networks'>): Promise<readonly RuleConfig[]> {
    const read = exceptions.map(async (one, index): Promise<RuleConfig> => {
      const at = [...path, 'exceptions', String(index)]
      if (one.policy === undefined && one.stage === undefined && one.clientCertificates === undefined)
        throw this.#refuse({
          path: at,
          what: 'nothing differs for these networks',
          remedy: 'Add policy, stage or clientCertificates, or take the exception out.',
        })
      return {
        networks: one.networks.flatMap((text) => networkOf(text) ?? []),
        ...(one.policy === undefined
          ? { policy: others.policy, ...(others.wishes === undefined ? {} : { wishes: others.wishes }) }
          : await this.#tlsOf(one.policy, [...at, 'policy'])),
        ...(await readClients(one.clientCertificates, this.#source(at), others)),
        stages: one.stage === undefined ? others.stages : stagesOf(one.stage),
      }
    })
    return Promise.all(read)
  }

  #source(path: Path): ClientsSource {
    return { path, refuse: this.#refuse, text: (named, at) => this.#text(named, at) }
  }

  #plainAfterRefusal({ tls, plainAfterRefusal }: ServiceFile, path: Path): ServiceConfig['plainAfterRefusal'] {
    if (plainAfterRefusal === undefined || tls === 'starttls' || tls === 'starttls-passthrough') return plainAfterRefusal ?? 'observe'
    throw this.#refuse({
      path: [...path, 'plainAfterRefusal'],
      what: `with tls: ${tls} nobody chooses between plain text and TLS`,
      remedy: 'Leave it out.',
    })
  }

  #data({ dialect, passive, requireSessionReuse }: ServiceFile, path: Path): Pick<ServiceConfig, 'data'> {
    const [word] = [...(passive === undefined ? [] : ['passive']), ...(requireSessionReuse === undefined ? [] : ['requireSessionReuse'])]
    if (dialect !== 'ftp' && word !== undefined)
      throw this.#refuse({
        path: [...path, word],
        what: `${dialect} has no data connections`,
        remedy: 'Take it out: it is for services with dialect: ftp.',
      })
    if (dialect !== 'ftp') return {}
    const ports = passive?.ports === undefined ? undefined : portsOf(passive.ports)
    return {
      data: {
        needsResumption: requireSessionReuse ?? false,
        ...(passive?.address === undefined ? {} : { announce: passive.address }),
        ...(ports === undefined ? {} : { ports }),
      },
    }
  }

  #identities({ tls, identities }: ServiceFile, path: Path, all: ReadonlyMap<string, IdentityConfig>): readonly IdentityConfig[] {
    const names = identities ?? [...all.keys()]
    const found = names.map((name, index) => {
      const identity = all.get(name)
      if (identity !== undefined) return identity
      const remedy = all.size === 0 ? 'Add it under identities.' : `Use one of ${[...all.keys()].join(', ')}.`
      throw this.#refuse({ path: [...path, 'identities', String(index)], what: `there is no identity "${name}"`, remedy })
    })
    if (tls !== 'none' && !isPassedOn(tls) && found.length === 0)
      throw this.#refuse({
        path,
        what: 'this service has no certificate',
        remedy: 'Add one under identities: { NAME: [{ certificate: FILE, key: FILE }] }.',
      })
    return found
  }

  async #tlsOf(name: string, path: Path): Promise<Pick<RuleConfig, 'policy' | 'wishes'>> {
    return this.#given.get(name) ?? { policy: await this.#policy(name, path) }
  }

  async #policy(name: string, path: Path): Promise<Policy> {
    const own = this.#given.get(name)
    if (own !== undefined) return own.policy
    const rulebook = rulebookByName(name)
    if (rulebook !== undefined) return policyOf(rulebook, { now: this.#now })
    const names = RULEBOOKS.map((one) => one.name).join(', ')
    const text = await readText(resolve(this.#folder, name), () =>
      this.#refuse({
        path,
        what: `"${name}" is neither a rulebook nor a file that can be read`,
        remedy: `Name a file, or one of ${names}.`,
      }),
    )
    return parsePolicy(text, name, this.#now)
  }

  #text(file: string, path: Path): Promise<string> {
    return readText(resolve(this.#folder, file), () =>
      this.#refuse({ path, what: `${file} cannot be read`, remedy: 'Check its name and who may read it.' }),
    )
  }
}

/** One server is looked at by those who come: a failure is found out by them all the same. */
function healthInterval({ interval }: HealthFile, servers: number): number | undefined {
  if (interval !== undefined) return 1000 * interval
  return servers > 1 ? DEFAULT_HEALTH_INTERVAL : undefined
}

/** The schema has seen to it that it is one. */
function place(text: string): Place {
  const found = placeOf(text)
  if (found === undefined) throw new PosternError('bug', 'GATE_PLACE', `Cannot read the place ${text}: the schema allows it`)
  return found
}

function stagesOf(stage: StageName | readonly StageFile[] = 'refuse'): RuleConfig['stages'] {
  if (typeof stage === 'string') return [{ from: undefined, stage }]
  return stage.map(({ from, stage: name }) => ({ from: from === undefined ? undefined : new Date(`${from}T00:00:00Z`), stage: name }))
}

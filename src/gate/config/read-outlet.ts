import { resolve } from 'node:path'
import type { PosternError } from '../../errors.ts'
import type { Policy } from '../../policy/index.ts'
import type { YamlProblem } from '../../policy/yaml/index.ts'
import type { LegConfig, OutletConfig } from '../outlet/outlet-config.ts'
import type { RuleConfig, TlsWishes } from './config.ts'
import type { StageFile, StageName } from './config-file.ts'
import type { LegFile, OutletFile } from './outlet-file.ts'
import { readResolver } from '../names/resolver-place.ts'
import { readLogin } from './read-logins.ts'
import { networkOf, placeOf } from './places.ts'

/** Who reads what an outlet names, and how its mistakes are told. */
export interface OutletSource {
  /** The dialect of its service. */
  readonly dialect: string
  /** Where it stands in the file. */
  readonly path: readonly string[]
  /** That of the configuration. */
  readonly folder: string
  readonly refuse: (problem: YamlProblem) => PosternError
  /** Undefined: the usual one. */
  readonly tls: (name: string | undefined, path: readonly string[]) => Promise<{ readonly policy: Policy; readonly wishes?: TlsWishes }>
  readonly text: (file: string, path: readonly string[]) => Promise<string>
  readonly stages: (stage: StageName | readonly StageFile[] | undefined) => RuleConfig['stages']
}

/** The dialects in which somebody sends. */
export const SENDING: readonly string[] = ['smtp', 'submission', 'lmtp']

const LOOPBACK = ['127.0.0.0/8', '::1']

/** An outlet as it is written. Rejects with what `refuse` makes, and with what reading policies and files rejects with. */
export async function readOutlet(file: OutletFile, source: OutletSource): Promise<OutletConfig> {
  const { dialect, path, refuse } = source
  if (!SENDING.includes(dialect))
    throw refuse({ path, what: `in ${dialect} nobody sends mail`, remedy: `Use backend, or one of ${SENDING.join(', ')} for dialect.` })
  const leg = await readLeg(file, path, source)
  if (dialect === 'lmtp' && leg.to === undefined)
    throw refuse({ path, what: 'mail hosts of domains speak no LMTP', remedy: 'Write to: host:port.' })
  const destinations = (file.destinations ?? []).map(async (one, index) => {
    const at = [...path, 'destinations', String(index)]
    if (one.domains === undefined && one.mx === undefined)
      throw refuse({ path: at, what: 'it does not say for whom it is', remedy: 'Add domains: [example.com], or mx: [mx.example.com].' })
    if (one.to !== undefined && one.domains === undefined)
      throw refuse({ path: [...at, 'to'], what: 'whose mail goes there is not said', remedy: 'Name the domains in place of mx.' })
    const { ca: _ca, name: _name, plainAfterTls: _plain, login, ...others } = file
    // What goes with one kind of TLS has no place beside another, and a secret goes to the relay that it is for.
    const isAlike = one.tls === undefined || one.tls === file.tls
    const { login: _login, ...alike } = file
    const inherited = { ...(isAlike ? alike : others), ...(isAlike && login !== undefined && one.to === undefined ? { login } : {}) }
    return {
      domains: (one.domains ?? []).map((name) => name.toLowerCase()),
      mx: (one.mx ?? []).map((name) => name.toLowerCase()),
      leg: await readLeg({ ...inherited, ...one }, at, source),
    }
  })
  return {
    leg,
    destinations: await Promise.all(destinations),
    clients: (file.clients ?? LOOPBACK).flatMap((text) => networkOf(text) ?? []),
    mailHostsHere: file.mailHostsHere ?? 'refuse',
    resolver: resolverOf(file.resolver),
    state: file.state === undefined ? undefined : resolve(source.folder, file.state),
    reports: readReports(file, source),
  }
}

function readReports({ reports, state }: OutletFile, { path, refuse }: OutletSource): OutletConfig['reports'] {
  if (reports === undefined) return undefined
  if (state === undefined) {
    const what = 'what is to be reported has to be kept until the day is over'
    throw refuse({ path: [...path, 'reports'], what, remedy: 'Name a folder for it: state: /var/lib/postern-gate.' })
  }
  const { organization, contact, mail } = reports
  return { organization, contact, mail: mail === undefined ? undefined : placeOf(mail) }
}

/** The schema has seen to it that it is one. */
function resolverOf(text: string | undefined): OutletConfig['resolver'] {
  const found = text === undefined ? undefined : readResolver(text)
  return found === undefined || 'what' in found ? undefined : found
}

async function readLeg(file: LegFile, path: readonly string[], source: OutletSource): Promise<LegConfig> {
  const { refuse, tls: tlsOf, text, stages } = source
  const { tls = 'opportunistic', to = 'recipients', implicit = false, stage, ca, name, plainAfterTls } = file
  const idle = ca === undefined ? (name === undefined ? undefined : 'name') : 'ca'
  if (tls !== 'verify' && idle !== undefined)
    throw refuse({
      path: [...path, idle],
      what: `${idle} is about certificates, and tls: ${tls} does not look at them`,
      remedy: 'Write tls: verify, or take the word out.',
    })
  if (plainAfterTls !== undefined && tls !== 'opportunistic')
    throw refuse({
      path: [...path, 'plainAfterTls'],
      what: `with tls: ${tls} nothing goes in the clear anyway`,
      remedy: 'Leave it out.',
    })
  const place = to === 'recipients' ? undefined : placeOf(to)
  if (implicit && place === undefined)
    throw refuse({
      path: [...path, 'implicit'],
      what: 'mail hosts of domains begin in the clear',
      remedy: 'Write to: host:port, or leave it out.',
    })
  const { policy, wishes = {} } = await tlsOf(file.policy, [...path, 'policy'])
  return {
    title: path.join('.'),
    tls,
    implicit,
    policy,
    wishes,
    stages: stages(stage ?? (tls === 'opportunistic' ? 'observe' : 'refuse')),
    ...(stage === undefined ? { usualStage: true } : {}),
    ca: ca === undefined ? undefined : await text(ca, [...path, 'ca']),
    name,
    plainAfterTls: plainAfterTls ?? 'observe',
    ...(await readLogin(file, path, source)),
    to: place,
  }
}

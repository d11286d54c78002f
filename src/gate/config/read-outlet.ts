import type { PosternError } from '../../errors.ts'
import type { Policy } from '../../policy/index.ts'
import type { YamlProblem } from '../../policy/yaml/index.ts'
import type { LegConfig, OutletConfig } from '../outlet/outlet-config.ts'
import type { RuleConfig, TlsWishes } from './config.ts'
import type { StageFile, StageName } from './config-file.ts'
import type { LegFile, OutletFile } from './outlet-file.ts'
import { networkOf, placeOf } from './places.ts'

/** Who reads what an outlet names, and how its mistakes are told. */
export interface OutletSource {
  /** The dialect of its service. */
  readonly dialect: string
  /** Where it stands in the file. */
  readonly path: readonly string[]
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
    const { ca: _ca, name: _name, ...plain } = file
    const inherited = (one.tls ?? file.tls) === 'verify' ? file : plain
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
    resolver: file.resolver === undefined ? undefined : placeOf(file.resolver),
  }
}

async function readLeg(file: LegFile, path: readonly string[], { refuse, tls: tlsOf, text, stages }: OutletSource): Promise<LegConfig> {
  const { tls = 'opportunistic', to = 'recipients', implicit = false, stage, ca, name } = file
  const idle = ca === undefined ? (name === undefined ? undefined : 'name') : 'ca'
  if (tls !== 'verify' && idle !== undefined)
    throw refuse({
      path: [...path, idle],
      what: `${idle} is about certificates, and tls: ${tls} does not look at them`,
      remedy: 'Write tls: verify, or take the word out.',
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
    ca: ca === undefined ? undefined : await text(ca, [...path, 'ca']),
    name,
    to: place,
  }
}

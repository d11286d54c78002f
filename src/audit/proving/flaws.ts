import { FLAWS, type FlawName, type FlawPosture } from '../../policy/index.ts'
import { suiteByCode } from '../../registry/index.ts'
import { canSpeakSuite } from '../../wire/index.ts'
import { OLD_GROUPS } from '../candidates.ts'
import { observe } from '../observation.ts'
import type { AnyProbe, ProbeFacts } from '../probe.ts'
import { ccsInjection } from '../probes/ccs-injection.ts'
import { heartbleed } from '../probes/heartbleed.ts'
import { resumption } from '../probes/resumption.ts'
import { robot } from '../probes/robot.ts'
import { starttlsInjection } from '../probes/starttls-injection.ts'
import { evidenceIn, type Check, type Draft } from './check.ts'
import type { Scene } from './scene.ts'

type Fact = FlawPosture[keyof FlawPosture]
/** What was found out of a flaw, and the bytes that show it. */
interface Found {
  readonly fact: Fact
  readonly proof?: Uint8Array | undefined
}

/** Flaws that the policy names: an attempt for each, as far as it can be made without harm. Nothing is said of those that cannot be there. */
export const checkFlaws: Check = async (scene) => {
  if (scene.spoken.length === 0) return []
  const asked = FLAWS.filter(({ name }) => scene.policy.flaws?.forbidden.includes(name) === true)
  // It wants a connection of its own, which stands in no order with others that are open.
  const apart = asked.filter(({ name }) => name === 'starttlsInjection')
  const together = asked.filter((flaw) => !apart.includes(flaw))
  const drafts: (readonly Draft[])[] = []
  for (const some of [together, apart]) drafts.push(...(await Promise.all(some.map((flaw) => lookFor(scene, flaw)))))
  return drafts.flat()
}

async function lookFor(scene: Scene, { name, finding }: (typeof FLAWS)[number]): Promise<readonly Draft[]> {
  const { fact, proof } = await LOOK[name](scene)
  if (fact === 'not-applicable') return []
  const verdict = fact === 'unknown' ? 'unknown' : fact ? 'broken' : 'kept'
  const { there, absent } = WORDS[name]
  const unknown = `It could not be found out whether there is ${NAMES[name]}.`
  return [
    {
      id: `flaw-${name}`,
      demand: `there is no ${NAMES[name]}`,
      rule: scene.ruleOn([{ subject: 'behaviour', id: finding, kept: false }]),
      verdict,
      fact: fact === 'unknown' ? unknown : fact ? there(scene) : absent,
      ...evidenceIn(proof),
    },
  ]
}

const LOOK: Readonly<Record<FlawName, (scene: Scene) => Promise<Found>>> = {
  heartbleed: (scene) => probed(scene, 'heartbleed', heartbleed),
  ccsInjection: (scene) => probed(scene, 'ccsInjection', ccsInjection),
  // It is a flaw of tickets up to TLS 1.2: those of TLS 1.3 need not be asked for.
  ticketbleed: (scene) =>
    probed(
      scene,
      'ticketbleed',
      resumption,
      scene.protocolsSpoken.filter((protocol) => protocol !== 'TLSv1.3'),
    ),
  robot: askRobot,
  starttlsInjection: (scene) => probed(scene, 'starttlsInjection', starttlsInjection),
  authBeforeTls: (scene) => Promise.resolve({ fact: loginsBeforeTls(scene) }),
  textAfterGoAhead: ({ lanes }) =>
    Promise.resolve({ fact: lanes.implicit ? 'not-applicable' : (lanes.clear?.textAfterGoAhead ?? 'unknown') }),
}

async function probed(
  scene: Scene,
  name: keyof FlawPosture,
  probe: AnyProbe,
  protocols: Scene['protocolsSpoken'] = scene.protocolsSpoken,
): Promise<Found> {
  const server = scene.server(protocols)
  const found = foundIn(name, await probe.run(server))
  // A busy server is told from one that says nothing by asking it again.
  return found.fact === 'unknown' ? foundIn(name, await probe.run(server)) : found
}

function foundIn(name: keyof FlawPosture, { flaws, proofs = [] }: ProbeFacts): Found {
  return { fact: flaws?.[name] ?? 'unknown', proof: proofs.find(({ fact }) => fact === `flaws.${name}`)?.answer }
}

/** RSA key exchange that is allowed may stand behind better suites: it is offered alone, and probed where it is taken. */
async function askRobot(scene: Scene): Promise<Found> {
  const protocol = scene.protocolsSpoken.find((one) => one !== 'TLSv1.3')
  const suites = protocol === undefined ? [] : scene.allowedSuites(protocol).filter(isRsaKeyExchange)
  if (protocol === undefined || suites.length === 0) return { fact: 'not-applicable' }
  const [offer, answer] = await scene.ask({ protocol, suites, groups: OLD_GROUPS }, 'offer')
  const taken = observe(offer, answer)?.suite
  if (taken === undefined) return { fact: answer.kind === 'alert' || answer.kind === 'closed' ? 'not-applicable' : 'unknown' }
  const others = suites.map((code) => suiteByCode(code)).filter((suite) => suite !== undefined)
  const able = [taken, ...others].filter((suite) => canSpeakSuite(suite))
  const found = await robot.run(scene.server([protocol], able))
  return able.length === 0 ? { fact: 'unknown' } : foundIn('robot', found)
}

function isRsaKeyExchange(code: number): boolean {
  const suite = suiteByCode(code)
  return suite?.kx === 'RSA' && !suite.exportGrade
}

/** A list that is empty because nobody got to see it proves nothing. */
function loginsBeforeTls({ lanes: { implicit, clear } }: Scene): Fact {
  if (implicit) return 'not-applicable'
  if (clear === undefined || (clear.starttls === 'unknown' && clear.authBeforeTls.length === 0)) return 'unknown'
  return clear.authBeforeTls.length > 0
}

const NAMES: Readonly<Record<FlawName, string>> = {
  heartbleed: 'Heartbleed',
  ccsInjection: 'ChangeCipherSpec injection',
  ticketbleed: 'Ticketbleed',
  robot: 'ROBOT',
  starttlsInjection: 'STARTTLS injection',
  authBeforeTls: 'login before TLS',
  textAfterGoAhead: 'plain text behind the go-ahead to TLS',
}

interface Words {
  readonly there: (scene: Scene) => string
  readonly absent: string
}

const WORDS: Readonly<Record<FlawName, Words>> = {
  heartbleed: words('A heartbeat that claims to be longer than it is is answered', 'Such heartbeats are not answered'),
  ccsInjection: words('An early ChangeCipherSpec is accepted', 'An early ChangeCipherSpec is refused'),
  ticketbleed: words('A short session id comes back with foreign bytes', 'A short session id comes back as it was'),
  robot: words('Good and bad RSA padding are answered differently', 'Good and bad RSA padding are answered alike'),
  starttlsInjection: words(
    'A command sent along with STARTTLS is carried out after it',
    'A command sent along with STARTTLS is not carried out',
  ),
  authBeforeTls: {
    there: ({ lanes }) => `Logins are offered before TLS: ${lanes.clear?.authBeforeTls.join(', ')}.`,
    absent: 'No login is offered before TLS.',
  },
  textAfterGoAhead: words('Plain text follows the go-ahead to TLS', 'Nothing follows the go-ahead to TLS'),
}

function words(there: string, absent: string): Words {
  return { there: () => `${there}.`, absent: `${absent}.` }
}

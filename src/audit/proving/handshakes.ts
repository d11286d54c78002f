import { alertDescription } from '../../registry/index.ts'
import { EXTENSION_TYPE, findExtension, SUPPORTED_GROUPS, type SessionOptions } from '../../wire/index.ts'
import { answerIn, type Answer } from '../exchange.ts'
import type { HelloOffer, HelloProtocol } from '../hello.ts'
import { sessionSuites } from '../server.ts'
import type { Question, Scene } from './scene.ts'
import type { Expected } from './turns.ts'

/** What a whole handshake of TLS 1.3 came to. */
export interface Handshake {
  /** What the hello was answered with. */
  readonly answer: Answer
  /** The scheme that the server signed with, and its message. */
  readonly signed: number | undefined
  readonly bytes: Uint8Array | undefined
  /** In which words it refused. Undefined where it did not, or where nobody can say. */
  readonly refused: string | undefined
  /** The server acknowledged its name. */
  readonly named: boolean
}

const TLS13: readonly HelloProtocol[] = ['TLSv1.3']

/** Certificates and signatures of TLS 1.3 come encrypted: it takes a handshake with a real key share. */
export function shakeHands(scene: Scene, options: Partial<SessionOptions>, expected: Expected = 'taken'): Promise<Handshake> {
  return scene.turns.take(expected, () => shakeHandsNow(scene, options))
}

async function shakeHandsNow(scene: Scene, options: Partial<SessionOptions>): Promise<Handshake> {
  const server = scene.server(TLS13)
  const came = await server.session({ protocols: TLS13, ...options }, async (conversation): Promise<Handshake> => {
    await conversation.handshake()
    const alert = conversation.find('alert')
    const verify = conversation.find('certificate-verify')
    const ending = conversation.ended === 'closed' ? 'connection closed' : undefined
    const refused = alert === undefined ? ending : `alert ${alertDescription.name(alert.description)}`
    return {
      answer: answerIn(conversation.pieces, conversation.ended ?? 'silent', scene.options.patience),
      signed: verify?.scheme,
      bytes: verify?.bytes,
      refused: verify === undefined ? refused : undefined,
      named: findExtension(conversation.find('encrypted-extensions')?.extensions, EXTENSION_TYPE.server_name) !== undefined,
    }
  })
  scene.turns.sawAs(came.answer)
  if (came.signed !== undefined) {
    if ('serverName' in options) scene.signedNameless.push(came.signed)
    else scene.signed.push({ list: options.signatureSchemes ?? [], taken: came.signed })
  }
  scene.goesByName ||= came.named
  return came
}

/** With what was taken, and other things besides. Its refusal is noted like that of a question. */
export async function signIn(scene: Scene, more: Partial<SessionOptions>, expected: Expected = 'offer'): Promise<Handshake> {
  const options = { ...whatIsTaken(scene), ...more }
  const came = await shakeHands(scene, options, expected)
  const key = JSON.stringify([options, 'serverName' in more])
  const { signatureSchemes: schemes } = more
  const about = schemes === undefined || 'serverName' in more ? {} : { schemes }
  const again = async (): Promise<string | undefined> => (await shakeHandsNow(scene, options)).refused
  scene.turns.learn('offer', came.answer)
  scene.refused.noteHow(key, came.refused, again, { ...about, heard: { answer: came.answer, subject: 'offer' } })
  return came
}

function whatIsTaken(scene: Scene): Partial<SessionOptions> {
  const { known } = scene.server(TLS13)
  const groups = known.tls13Groups.filter((group) => SUPPORTED_GROUPS.includes(group))
  return { cipherSuites: sessionSuites(known, 'TLSv1.3'), groups, keyShares: groups.slice(0, 1) }
}

/** Asks a question of TLS 1.3 in a handshake that goes on to its end where it can, so that the certificate is seen with the answer. */
export async function askWhole(scene: Scene, question: Question): Promise<readonly [HelloOffer, Answer]> {
  const [offer, answer] = await askWholeAsControl(scene, question)
  scene.noteRefusal(question, answer)
  return [offer, answer]
}

/** The same of what was taken before. */
export function askWholeAsControl(scene: Scene, question: Question): Promise<readonly [HelloOffer, Answer]> {
  return scene.answerTo(question, () => askWholeNow(scene, question))
}

async function askWholeNow(scene: Scene, question: Question): Promise<readonly [HelloOffer, Answer]> {
  const offer = scene.offerOf(question)
  const { suites: cipherSuites, groups, signatureSchemes, serverName, keyShares = [], extensions = [] } = offer
  const nameless = serverName === undefined && scene.asksFor !== undefined
  const { answer } = await shakeHands(scene, {
    cipherSuites,
    groups,
    signatureSchemes,
    keyShares: keyShares.map(({ group }) => group),
    extensions,
    ...(nameless ? { serverName } : {}),
  })
  scene.notes.heard(offer, answer)
  return [offer, answer]
}

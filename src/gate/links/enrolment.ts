import type { X509Certificate } from 'node:crypto'
import { X509Certificate as Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { PosternError } from '../../errors.ts'
import { dialGate } from './dial.ts'
import { fieldsOf, type InsideList, type KnownCertificate } from './inside-list.ts'
import { LIFE, newCertificate, type LinkFile } from './link-file.ts'
import { ENROLMENT_PROTOCOL, LINK_PATIENCE_MS } from './protocol.ts'
import type { SelfSigned } from './self-signed.ts'

/** One question and one answer, each a line of JSON over TLS in which both have shown their certificates. */
type Question = { readonly secret: string } | { readonly renew: string }

const LONGEST_LINE = 8192
/** A certificate may last longer than its inside asks for by so much, for clocks that differ. */
const GRACE = 2 * 24 * 60 * 60 * 1000

/** Lets the gate know a new certificate by the secret of an invitation. Rejects with `LINK_GATE` and `LINK_REFUSED`. */
export async function joinGate(
  invited: Pick<LinkFile, 'gate' | 'pin' | 'name'> & { readonly secret: string },
  now: Date,
): Promise<LinkFile> {
  const { gate, pin, name, secret } = invited
  const own = newCertificate(name, now)
  await ask({ gate, pin }, own, { secret })
  return { gate, pin, name, ...own }
}

/** Lets it know the next certificate of an inside that it knows. */
export async function renewAt(file: LinkFile, now: Date): Promise<LinkFile> {
  const next = newCertificate(file.name, now)
  await ask(file, file, { renew: next.certificate })
  return { ...file, ...next }
}

async function ask(gate: Pick<LinkFile, 'gate' | 'pin'>, own: SelfSigned, question: Question): Promise<void> {
  const socket = await dialGate(gate, own, ENROLMENT_PROTOCOL)
  socket.write(`${JSON.stringify(question)}\n`)
  const answer = fieldsOf((await readLine(socket)) ?? '')
  socket.destroy()
  if (answer['known'] === true) return
  const why = typeof answer['refused'] === 'string' ? (WHY.get(answer['refused']) ?? 'it says no') : 'it has closed the connection'
  throw new PosternError('peer', 'LINK_REFUSED', `Cannot join the gate at ${gate.gate}: ${why}`, {
    remedy: 'Have the gate invite this inside anew: postern link invite.',
  })
}

/** Why a gate says no. Its word is one of these, whatever it sends. */
type Refusal = 'secret' | 'certificate' | 'unknown' | 'later'
const WHY: ReadonlyMap<string, string> = new Map<Refusal, string>([
  ['secret', 'nobody is expected with this secret: it was used, has expired, or is another'],
  ['certificate', 'it does not take this certificate; are the clocks right?'],
  ['unknown', 'it does not know this inside any more'],
  ['later', 'too many have tried wrong secrets; try again in a minute'],
])

/** Wrong secrets are counted for a minute, from all strangers together; beyond so many nobody is answered. */
const GUESSES = 20
const MINUTE = 60_000

/** The gate's end: who is expected, and who has a certificate that is known. */
export class Enrolment {
  readonly #list: InsideList
  readonly #now: () => Date
  #guesses = 0
  #since = -Infinity

  constructor(list: InsideList, now: () => Date) {
    this.#list = list
    this.#now = now
  }

  /** Answers one question, and closes. Never rejects. */
  async serve(socket: TLSSocket): Promise<void> {
    const timer = setTimeout(() => socket.destroy(), LINK_PATIENCE_MS)
    socket.once('close', () => clearTimeout(timer))
    const line = await readLine(socket)
    if (line === undefined) return void socket.destroy()
    const refused = await this.#answer(fieldsOf(line), socket.getPeerX509Certificate()).catch((): Refusal => 'later')
    socket.end(`${JSON.stringify(refused === undefined ? { known: true } : { refused })}\n`)
  }

  async #answer({ secret, renew }: Readonly<Record<string, unknown>>, shown: X509Certificate | undefined): Promise<Refusal | undefined> {
    if (typeof secret === 'string') return this.#join(secret, shown)
    if (typeof renew === 'string' && shown !== undefined) return this.#renew(renew, shown)
    return 'unknown'
  }

  async #join(secret: string, shown: X509Certificate | undefined): Promise<Refusal | undefined> {
    if (this.#hasEnough()) return 'later'
    const known = shown === undefined ? undefined : this.#acceptable(shown)
    if (known === undefined) return 'certificate'
    const name = await this.#list.redeem(secret)
    if (name === undefined) {
      this.#guesses += 1
      return 'secret'
    }
    await this.#list.join(name, known)
    return undefined
  }

  async #renew(pem: string, shown: X509Certificate): Promise<Refusal | undefined> {
    const inside = await this.#list.of(shown.fingerprint256)
    if (inside === undefined) return 'unknown'
    const next = certificateIn(pem)
    // Its signature is by its own key: whoever asks has that.
    const known = next === undefined || !isSelfSigned(next) ? undefined : this.#acceptable(next)
    if (known === undefined) return 'certificate'
    await this.#list.renew(inside, shown.fingerprint256, known)
    return undefined
  }

  #hasEnough(): boolean {
    if (performance.now() - this.#since > MINUTE) {
      this.#since = performance.now()
      this.#guesses = 0
    }
    return this.#guesses >= GUESSES
  }

  /** Undefined where it is not for now, or for longer than certificates of insides are. */
  #acceptable(certificate: X509Certificate): KnownCertificate | undefined {
    const now = this.#now().getTime()
    const until = Date.parse(certificate.validTo)
    const fits = Date.parse(certificate.validFrom) <= now && until > now && until <= now + LIFE + GRACE
    return fits ? { fingerprint: certificate.fingerprint256, until: new Date(until).toISOString() } : undefined
  }
}

function certificateIn(pem: string): X509Certificate | undefined {
  try {
    return new Certificate(pem)
  } catch {
    return undefined
  }
}

function isSelfSigned(certificate: X509Certificate): boolean {
  try {
    return certificate.verify(certificate.publicKey)
  } catch {
    return false
  }
}

/** Undefined where none comes, or one that is too long. */
function readLine(socket: TLSSocket): Promise<string | undefined> {
  let text = ''
  return new Promise((resolve) => {
    const timer = setTimeout(() => end(undefined), LINK_PATIENCE_MS)
    const end = (line: string | undefined): void => {
      clearTimeout(timer)
      socket.off('data', hear)
      resolve(line)
    }
    const hear = (bytes: Buffer): void => {
      text += bytes.toString('latin1')
      const at = text.indexOf('\n')
      if (at >= 0) end(text.slice(0, at))
      else if (text.length > LONGEST_LINE) end(undefined)
    }
    socket.on('data', hear)
    socket.on('error', () => undefined)
    socket.once('close', () => end(undefined))
  })
}

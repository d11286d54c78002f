import { latin1 } from '../relays/lines.ts'
import type { SmtpReply } from '../relays/smtp-reply.ts'
import { saslWords, type Login } from './sasl.ts'

/** Takes out of words of a server, latin1 without the end of their line, what shows the secret that it was told. */
export type Conceal = (words: string) => string

const HIDDEN = '***'

/** Characters: a secret that is shorter would be in words that mean nothing by it, and what is left of them would tell it. */
const SHORTEST = 4
/** So many of a secret that is longer are too much: servers cut what they repeat. */
const PART = 12

/** For whoever logs in so: servers that repeat what they were told, plain or in base64, are read by people and logs that it is not for. */
export function concealing(login: Login): Conceal {
  const forms = formsOf(login)
  let parts: ReadonlySet<string> | undefined
  return (words) =>
    forms
      .reduce((left, form) => left.replaceAll(form, HIDDEN), words)
      .replaceAll(/\S{12,}/g, (run) => withoutParts(run, (parts ??= new Set(forms.flatMap(partsOf)))))
}

/** A reply, in the words behind its code. `conceal`: undefined where no secret was told. */
export function concealedReply(reply: SmtpReply, conceal: Conceal | undefined): SmtpReply {
  return conceal === undefined ? reply : { ...reply, lines: reply.lines.map((line) => line.slice(0, 4) + conceal(line.slice(4))) }
}

/** The longest first, so that none is cut by a shorter one. */
function formsOf(login: Login): readonly string[] {
  const octets = Buffer.from(login.secret, 'utf8')
  const plain = latin1(octets)
  const said = (['PLAIN', 'OAUTHBEARER', 'XOAUTH2'] as const).flatMap((mechanism) => saslWords(login, [mechanism])?.says[0] ?? [])
  const forms = [plain, plain.replaceAll(/["\\]/g, '\\$&'), octets.toString('base64'), ...said]
  return [...new Set(forms.flatMap((form) => [form, form.replace(/=+$/, '')]))]
    .filter(({ length }) => length >= SHORTEST)
    .toSorted((one, other) => other.length - one.length)
}

function partsOf(form: string): readonly string[] {
  return Array.from({ length: Math.max(form.length - PART + 1, 0) }, (_, at) => form.slice(at, at + PART))
}

function withoutParts(run: string, parts: ReadonlySet<string>): string {
  let left = ''
  /** Up to here it is hidden. */
  let hidden = 0
  for (let at = 0; at < run.length; at += 1) {
    if (parts.has(run.slice(at, at + PART))) {
      if (hidden <= at) left += HIDDEN
      hidden = at + PART
    }
    if (at >= hidden) left += run[at] ?? ''
  }
  return left
}

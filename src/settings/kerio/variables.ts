import { PosternError } from '../../errors.ts'
import type { ReadOptions } from '../adapter.ts'

/** The variables whose names the vendor's page spells out. */
export const NAMED = ['ServerTlsProtocols', 'ServerTlsCiphers', 'ClientTlsProtocols', 'ClientTlsCiphers', 'DisableEphemeralDH'] as const

export type NamedVariable = (typeof NAMED)[number]

/** What the other five variables are for. The page lost the headings that were their names. */
export const PURPOSES = ['dhe', 'dhe-size', 'ecdhe', 'beast', 'order'] as const

export type Purpose = (typeof PURPOSES)[number]

/** What a variable with this purpose does, for a sentence. */
export const PURPOSE_WORDS: Readonly<Record<Purpose, string>> = {
  dhe: 'turns DHE on',
  'dhe-size': 'sets the size of DHE',
  ecdhe: 'turns ECDHE on',
  beast: 'turns the workaround for CVE-2011-3389 off',
  order: 'lets the server choose the suite',
}

/** Where the defaults and meanings are written. */
export const PAGE = 'support.kerioconnect.gfi.com, "Configuring SSL and TLS Variables in Kerio Connect"'

/** What an empty or absent `ServerTlsCiphers` means. */
export const DEFAULT_CIPHERS = 'AESGCM:HIGH:+EDH-RSA-DES-CBC3-SHA:+EDH-DSS-DES-CBC3-SHA:+DES-CBC3-SHA'

/** A variable that stands for a purpose: its owner said so, or its name sounds like it. */
export interface Match {
  readonly name: string
  readonly how: 'told' | 'assumed'
}

export type Matches = Readonly<Partial<Record<Purpose, Match | 'several'>>>

/** How such names may sound. The first that fits wins; names that begin with a negation are left alone, since their sense may be reversed. */
const SOUNDS: readonly (readonly [purpose: Purpose, sound: RegExp])[] = [
  ['beast', /empty.?fragment|beast|2011.?3389/i],
  ['ecdhe', /ecdh|elliptic/i],
  ['dhe-size', /(?:dh|ephemeral|diffie).*(?:size|bits|length)/i],
  ['dhe', /dhe|ephemeral|diffie/i],
  ['order', /(?:cipher|server|tls|ssl).*(?:prefer|order)|prefer.*(?:cipher|server)/i],
]
const NEGATION = /^(?:disable|no(?=[A-Z])|dont|without)/i

/** Which of the variables in the file stand for the purposes. Errors: `SETTINGS_NAME` for a purpose that there is not. */
export function matchNames(present: readonly string[], { names = {} }: ReadOptions): Matches {
  const told = Object.entries(names)
  for (const [purpose, name] of told) checkTold(purpose, name)
  const taken = new Set<string>([...NAMED, ...told.map(([, name]) => name)])
  const matches: Partial<Record<Purpose, Match | 'several'>> = {}
  for (const name of present) {
    const purpose = taken.has(name) ? undefined : soundOf(name)
    if (purpose !== undefined) matches[purpose] = matches[purpose] === undefined ? { name, how: 'assumed' } : 'several'
  }
  for (const purpose of PURPOSES) {
    const name = names[purpose]
    if (name !== undefined) matches[purpose] = { name, how: 'told' }
  }
  return matches
}

function soundOf(name: string): Purpose | undefined {
  const purpose = SOUNDS.find(([, sound]) => sound.test(name))?.[0]
  return purpose !== 'beast' && NEGATION.test(name) ? undefined : purpose
}

function checkTold(purpose: string, name: string): void {
  const subject = `Cannot take ${JSON.stringify(name)} for the variable of ${JSON.stringify(purpose)}`
  if (!PURPOSES.some((one) => one === purpose)) {
    throw new PosternError('input', 'SETTINGS_NAME', `${subject}: Kerio Connect has no such purpose`, {
      remedy: `Choose the purpose from ${PURPOSES.join(', ')}.`,
    })
  }
  if (!/^[A-Za-z]\w*$/.test(name) || NAMED.some((one) => one === name)) {
    throw new PosternError('input', 'SETTINGS_NAME', `${subject}: that cannot be its name`, {
      remedy: 'Give the name of a <variable> in mailserver.cfg, letters and digits only.',
    })
  }
}

import { RELAYS } from '../../dialects/index.ts'

/** Nothing is looked at: bytes are copied. */
const COPIED: readonly string[] = ['tls', 'tcp']

/** What a service may speak: whatever has a relay, and what is copied. */
export const GATE_DIALECTS: readonly string[] = [...Object.keys(RELAYS), ...COPIED]

/** Those that have no words in which TLS could be asked for. */
export const WORDLESS: readonly string[] = [...COPIED, 'http']

/** Those in which TLS that a client asks for can be asked for once more, of a server behind whose TLS it is. */
export const PASS_STARTTLS: readonly string[] = ['smtp', 'submission', 'lmtp', 'imap', 'pop3', 'sieve']

/** Those in which nothing but TLS can be asked for before it. */
export const MUTE_BEFORE_TLS: readonly string[] = ['xmpp', 'xmpp-server']

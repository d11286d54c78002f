import { isBound } from './channel-binding.ts'

/** What becomes of a list of capabilities on its way to the client. */
export interface Showing {
  /** STARTTLS is to be had now. */
  readonly starttls: boolean
  /** Logging in is not. */
  readonly hidesLogin: boolean
}

/** A list of capabilities, RFC 9051 §7.2.2, as the client may see it: the server's own STARTTLS is not the client's, nor is what is bound to its TLS. */
export function showCapabilities(list: string, { starttls, hidesLogin }: Showing): string {
  const shown = list
    .split(' ')
    .filter((name) => name !== '' && !/^STARTTLS$/i.test(name) && !(/^AUTH=/i.test(name) && isBound(name)))
    .filter((name) => !(hidesLogin && /^(?:AUTH=|LOGINDISABLED$)/i.test(name)))
  // RFC 9051 §6.2.3: LOGINDISABLED says that LOGIN is not taken. RFC 9051 §6.2.1: STARTTLS, that it is.
  return [...shown, ...(starttls ? ['STARTTLS'] : []), ...(hidesLogin ? ['LOGINDISABLED'] : [])].join(' ')
}

/** A response, with its capabilities as the client may see them: `* CAPABILITY …`, or the code of a status response, RFC 9051 §7.1. */
export function showResponse(text: string, showing: Showing): string {
  const [, untagged, list] = /^(\* CAPABILITY)(?: (.*))?$/is.exec(text) ?? []
  if (untagged !== undefined) return `${untagged} ${showCapabilities(list ?? '', showing)}`
  const [, before, inside, behind] = /^(\S+ (?:OK|NO|BAD|PREAUTH|BYE) \[CAPABILITY )([^\]]*)(\].*)$/is.exec(text) ?? []
  if (before === undefined || inside === undefined || behind === undefined) return text
  return before + showCapabilities(inside, showing) + behind
}

/** What both ends of a link have to agree on. */
import type { Settings } from 'node:http2'
import { FIRST_WINDOW } from './windows.ts'

/** Application protocols of the gate's door for links, RFC 7301 §3: HTTP/2 with the roles exchanged, and what comes before there is a link. */
export const LINK_PROTOCOL = 'postern-link/1'
export const ENROLMENT_PROTOCOL = 'postern-enrolment/1'

/** The first request on a link: the gate says which of its processes speaks, and how many there are. */
export const GREETING_PATH = '/link'
export const PROCESS_FIELD = 'postern-process'
export const PROCESSES_FIELD = 'postern-processes'
/** A request on a link that stands: from now on there are so many processes. None: the one that speaks takes no new clients, and is none of them any more. */
export const PROCESSES_PATH = '/link/processes'
/** Of the answer: who has come twice takes the place of himself. */
export const INSTANCE_FIELD = 'postern-instance'

/** The fastest first, RFC 8446 §B.4: both ends are Postern’s. */
export const LINK_CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

/** A link has to stand in so many milliseconds, from the first segment to the answer to the greeting. */
export const LINK_PATIENCE_MS = 10_000

/** Names of services may have blanks in them, an authority may not: RFC 3986 §3.2. */
export function authorityOf(service: string): string {
  return encodeURIComponent(service)
}

/** Throws nothing: what cannot be decoded is its own name. */
export function serviceIn(authority: string): string {
  try {
    return decodeURIComponent(authority)
  } catch {
    return authority
  }
}

/** Octets that may be on their way on a link: no stream waits for another. RFC 9113 §6.9. */
export const LINK_WINDOW: number = 64 * 1024 * 1024

/** Streams on one link at once. */
export const MOST_STREAMS = 10_000

export const SETTINGS: Settings = {
  initialWindowSize: FIRST_WINDOW,
  maxConcurrentStreams: MOST_STREAMS,
  maxHeaderListSize: 16 * 1024,
  enablePush: false,
}

/**
 * Of Node’s HTTP/2. It counts what waits in streams as memory of a session, and takes no new ones beyond `maxSessionMemory` (MB). Clients that break off
 * make resets, which are no attack of the other end: RFC 9113 §10.5.
 */
export const SESSION_LIMITS = { maxSessionMemory: 4096, streamResetBurst: 20_000, streamResetRate: 2000 } as const

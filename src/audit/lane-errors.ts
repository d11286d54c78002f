import type { Outcome } from '../dialects/index.ts'
import { PosternError } from '../errors.ts'

/** What can keep a connection from getting as far as a ClientHello. */

/** Trying again will not help. */
export function isFinal(error: unknown): boolean {
  if (!(error instanceof PosternError) || error.fault === 'bug') return true
  return error.code === 'STARTTLS_MISSING' || error.code === 'STARTTLS_REFUSED' || error.code === 'WRONG_PROTOCOL'
}

/** Nobody takes connections there, at least now. */
export function isCutOff(error: unknown): boolean {
  return error instanceof PosternError && error.code === 'CONNECT_FAILED'
}

/** The whole time for one door has passed. */
export function timeIsUp(timeout: number): PosternError {
  return new PosternError('world', 'TIME_UP', `Cannot finish asking the server: ${timeout / 1000} s are over`, {
    remedy: 'Give it more time with --timeout, or ask whether the server slows down clients that connect often.',
  })
}

/** Whatever the reason: nobody is asked for ever. */
export function tooManyConnections(most: number): PosternError {
  return new PosternError('peer', 'CONNECTION_LIMIT', `Cannot finish asking the server: ${most} connections were not enough`, {
    remedy: 'Its answers may change from connection to connection: audit each server behind the address by its own, with --parallel 1.',
  })
}

/** Nobody was ever answered: a filter resets what comes, or a server that wants nothing from here. */
export function alwaysReset(): PosternError {
  return new PosternError('peer', 'ALWAYS_RESET', 'Cannot get an answer: every connection is reset before it is answered', {
    remedy: 'Check that this port speaks TLS from the start, and whether the server or a firewall turns this address away.',
  })
}

/** It ended, or went on for too long, before TLS could begin. `how`: `silent`, or words. */
export function cutShort(title: string, how: string): PosternError {
  return new PosternError(
    'peer',
    'OPENING_CUT_SHORT',
    `Cannot get as far as TLS with ${title}: ${how === 'silent' ? 'the server says nothing' : how}`,
    {
      remedy: 'Check that this port speaks the protocol, and whether the server limits connections.',
    },
  )
}

/** The dialect came to an end without TLS. */
export function notReady(title: string, outcome: Exclude<Outcome, { readonly kind: 'ready' }>): PosternError {
  const heard = outcome.heard === '' ? '' : `: ${JSON.stringify(outcome.heard)}`
  if (outcome.kind === 'not-offered') {
    return new PosternError('peer', 'STARTTLS_MISSING', `Cannot start TLS with ${title}: the server does not offer it`, {
      remedy: 'Turn STARTTLS on in the server, or name the port that speaks TLS from the start.',
    })
  }
  if (outcome.kind === 'wrong-protocol') {
    return new PosternError('peer', 'WRONG_PROTOCOL', `Cannot speak ${title}: the server speaks something else${heard}`, {
      remedy: 'Name the protocol, such as imap://host:port or tls://host:port.',
    })
  }
  if (outcome.temporary && outcome.heard === '') return cutShort(title, 'the connection was closed')
  const code = outcome.temporary ? 'THROTTLED' : 'STARTTLS_REFUSED'
  return new PosternError('peer', code, `Cannot start TLS with ${title}: the server refuses${heard}`, {
    remedy: outcome.temporary ? 'Try again later, or with --parallel 1.' : 'Look into the log of the server for the reason.',
  })
}

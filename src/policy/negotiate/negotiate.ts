import type { HandshakeClient, HandshakeServer } from './ends.ts'
import type { Answer, Hello } from './hello.ts'
import { precedesName, refusedByClient, refusedByServer, refusedFormat, refusedName } from './features.ts'
import { gnutlsAnswers, gnutlsHello, gnutlsRefusal } from './gnutls.ts'
import { jsseAnswers, jsseHello, jsseRefusal } from './jsse.ts'
import { opensslHello } from './openssl-client.ts'
import { openssl102Answers, openssl102Hello, openssl102Refusal } from './openssl-old.ts'
import { opensslAnswer, opensslServer } from './openssl-server.ts'
import { opensslRefusal } from './openssl-verdict.ts'
import type { Agreement, Outcome, Refusal } from './outcome.ts'
import { specifiedAnswers, specifiedHello, specifiedRefusal } from './specification.ts'
import { STACKS, type Stack } from './stacks.ts'

/** What a client says, a server answers and a client refuses, for each family of stacks. */
interface Family {
  readonly hello: (client: HandshakeClient) => Hello | Refusal
  readonly answers: (server: HandshakeServer) => (hello: Hello) => Answer | Refusal
  readonly refusal: typeof opensslRefusal
}

const OPENSSL: Family = {
  hello: opensslHello,
  answers: (server) => {
    const prepared = opensslServer(server)
    return (hello) => opensslAnswer(prepared, hello)
  },
  refusal: opensslRefusal,
}

const FAMILIES: Readonly<Record<Stack['family'], Family>> = {
  specification: { hello: specifiedHello, answers: specifiedAnswers, refusal: specifiedRefusal },
  openssl: OPENSSL,
  'openssl-1.0.2': { hello: openssl102Hello, answers: openssl102Answers, refusal: openssl102Refusal },
  gnutls: { hello: gnutlsHello, answers: gnutlsAnswers, refusal: gnutlsRefusal },
  jsse: { hello: jsseHello, answers: jsseAnswers, refusal: jsseRefusal },
}

/** Ends are data that does not change, so what follows from one alone is found out once. */
const hellos = new WeakMap<HandshakeClient, Hello | Refusal>()
const servers = new WeakMap<HandshakeServer, (hello: Hello) => Answer | Refusal>()

/** The hello that the client opens with, or why there is none. */
export function helloOf(client: HandshakeClient): Hello | Refusal {
  const had = hellos.get(client)
  if (had !== undefined) return had
  const hello = FAMILIES[STACKS[client.stack].family].hello(client)
  hellos.set(client, hello)
  return hello
}

function answersOf(server: HandshakeServer): (hello: Hello) => Answer | Refusal {
  const had = servers.get(server)
  if (had !== undefined) return had
  const answers = FAMILIES[STACKS[server.stack].family].answers(server)
  servers.set(server, answers)
  return answers
}

/**
 * What a full handshake between the two ends in: version, suite, group, signature scheme and certificate, or who refuses it,
 * with which alert, and why. Trust, dates and names of certificates are not looked at.
 *
 * Give the same objects again for the same ends: what is found out about one alone is kept with it.
 */
export function negotiate(client: HandshakeClient, server: HandshakeServer): Outcome {
  const hello = helloOf(client)
  if ('agreed' in hello) return hello
  const answer = refusedFormat(server, hello) ?? answersOf(server)(hello)
  const name = answer.agreed || !precedesName(answer) ? refusedName(server, hello) : undefined
  if (name !== undefined) return name
  if (!('suite' in answer)) return answer
  const certificate = answer.certificate === undefined ? undefined : server.certificates[answer.certificate]
  const refusal =
    refusedByServer(server, hello, answer) ??
    refusedByClient(client, answer) ??
    FAMILIES[STACKS[client.stack].family].refusal(client, hello, answer, certificate)
  return refusal === undefined ? agreement(answer, certificate) : { ...refusal, version: answer.version }
}

function agreement(answer: Answer, certificate: Agreement['certificate']): Agreement {
  const { version, suite, group, dhBits, retried, scheme, alpn } = answer
  return {
    agreed: true,
    version,
    suite: suite.iana,
    ...(group === undefined ? {} : { group: group.name }),
    ...(dhBits === undefined ? {} : { dhBits }),
    retried,
    ...(scheme === undefined ? {} : { signatureScheme: scheme }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(alpn === undefined ? {} : { alpn }),
  }
}

import { namedGroups } from './lists.ts'
import type { HandshakeCertificate, HandshakeClient } from './ends.ts'
import type { Answer, Hello } from './hello.ts'
import { dhPasses, groupPasses, levelOf, md5Sha1Passes, schemePasses } from './openssl-level.ts'
import { isOldEdwards, signedTooOld } from './odd-signatures.ts'
import { refused, type Refusal } from './outcome.ts'
import { schemeOf } from './schemes.ts'
import { STACKS } from './stacks.ts'

/** Why an OpenSSL client, from 1.1.1 on, refuses what the server answered; undefined where it takes it. */
export function opensslRefusal(
  client: HandshakeClient,
  hello: Hello,
  answer: Answer,
  certificate: HandshakeCertificate | undefined,
): Refusal | undefined {
  const stack = STACKS[client.stack]
  const level = levelOf(stack.generation ?? '3.5', client.securityLevel)
  const { version, dhBits, scheme } = answer
  if (!hello.versions.includes(version))
    return refused('client', 'protocol_version', 'version', `The server chose ${version}, which the client has not on.`)
  if (isDowngraded(hello, answer))
    return refused('client', 'illegal_parameter', 'version', `The server chose ${version} and says that it has a newer version.`)
  if (signedTooOld(answer)) return refused('client', 'illegal_parameter', 'signature', `TLS 1.3 has no ${scheme}.`)
  if (version === 'TLSv1.3') return undefined
  if (!answer.secureRenegotiation && (client.secureRenegotiation ?? legacyDefault(level.generation)) === 'required')
    return refused('client', 'handshake_failure', 'secure-renegotiation', 'The server does not know secure renegotiation, RFC 5746 §3.')
  if (dhBits !== undefined && !dhPasses(level, dhBits))
    return refused('client', 'handshake_failure', 'dh-size', `A modulus of ${dhBits} bits is too small for security level ${level.number}.`)
  const own = hello.groups ?? namedGroups(client.groups ?? stack.groups)
  if (answer.group !== undefined && (!groupPasses(level, answer.group) || !own.includes(answer.group)))
    return refused('client', 'illegal_parameter', 'groups', `The client has not offered ${answer.group.name}.`)
  if (isOldEdwards(answer, certificate))
    return refused('client', 'internal_error', 'certificate', `${certificate?.keyType} cannot sign in ${version}.`)
  if (scheme === undefined || answer.suite.kx === 'RSA') return undefined
  if (version !== 'TLSv1.2') {
    const sha1 = schemeOf('ecdsa_sha1')
    const passes = scheme === 'rsa_pkcs1_md5_sha1' ? md5Sha1Passes(level) : sha1 !== undefined && schemePasses(level, sha1)
    return passes
      ? undefined
      : refused('client', 'internal_error', 'signature', `Security level ${level.number} does not take a signature made with SHA-1.`)
  }
  return refusedSignature(hello, scheme, certificate, level)
}

/**
 * RFC 8446 §4.1.3. OpenSSL looks for it in clients of TLS 1.1 too, and in one that has fallen back it counts the versions that are off.
 */
function isDowngraded({ versions, fallback }: Hello, { sentinel, version }: Answer): boolean {
  const newest = fallback ? 'TLSv1.3' : versions[0]
  if (version === 'TLSv1.2') return newest === 'TLSv1.3' && sentinel === 'TLSv1.2'
  return sentinel === 'TLSv1.1' && newest !== version
}

function legacyDefault(generation: string): 'optional' | 'required' {
  return generation === '1.1.1' ? 'optional' : 'required'
}

function refusedSignature(
  hello: Hello,
  name: string,
  certificate: HandshakeCertificate | undefined,
  level: ReturnType<typeof levelOf>,
): Refusal | undefined {
  const scheme = schemeOf(name)
  const curve = certificate?.curve
  if (curve !== undefined && hello.groups?.some((group) => group.name === curve) === false)
    return refused('client', 'illegal_parameter', 'certificate', `The certificate is on ${curve}, which the client has not offered.`)
  const known = hello.schemes?.includes(name) === true || scheme?.hash === 'SHA1'
  if (scheme === undefined || !known || !schemePasses(level, scheme))
    return refused('client', 'handshake_failure', 'signature', `The client has not offered ${name}.`)
  return undefined
}

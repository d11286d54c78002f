import { styleText } from 'node:util'
import type { Handshake } from '../audit/index.ts'
import type { CertificatePosture } from '../policy/index.ts'
import { compressionMethod, schemeHash, signatureScheme } from '../registry/index.ts'
import type { Offer } from './handshake-offer.ts'
import { refusalWords } from './handshake-refusal.ts'
import type { Terminal } from './terminal.ts'

const RULE = '---'
const WIDEST = 100
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A handshake in the words of openssl-s_client(1), with what it leaves to the reader said at the end. */
export function handshakeReport(
  made: Handshake,
  offer: Offer,
  options: { readonly showcerts: boolean; readonly terminal: Terminal },
): string {
  const { colour, columns } = options.terminal
  const lines = [`Connecting to ${made.target} (${made.address})`, 'CONNECTED', RULE, ...chainLines(made.chain, options.showcerts)]
  if (made.suite !== undefined) lines.push(...keyLines(made), RULE, ...agreedLines(made), RULE)
  const verdict = harmless(made.connected ? success(made) : 'The handshake failed.')
  const painted = colour ? styleText(['bold', made.connected ? 'green' : 'red'], verdict, { validateStream: false }) : verdict
  const why = made.failure === undefined ? [] : whyLines(made.failure, offer, columns)
  return `${[harmless(lines.join('\n')), painted, ...trustLines(made), ...why].join('\n')}\n`
}

/** Names and protocols are a stranger's text: nothing in them may move the cursor or turn the line round. */
function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => (character === '\n' ? character : '?'))
}

function whyLines(failure: NonNullable<Handshake['failure']>, offer: Offer, columns: number): readonly string[] {
  const { fact, meaning, remedy } = refusalWords(failure, offer)
  return [`What happened: ${fact}`, `What it probably means: ${meaning}`, `What to do: ${remedy}`].flatMap((text) =>
    wrapped(harmless(text), Math.min(columns, WIDEST) - 4).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`),
  )
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

function success({ protocol, suite }: Handshake): string {
  return `The handshake succeeded: ${protocol ?? ''}, ${suite?.openssl ?? suite?.iana ?? ''}.`
}

/** Whoever looks at a handshake that succeeds wants to know, too, whether a client would have believed it. */
function trustLines({ connected, verification }: Handshake): readonly string[] {
  if (!connected || verification === undefined || verification.code === 0) return []
  return [harmless(`The certificate is not trusted: ${verification.text}.`)]
}

function chainLines(chain: readonly CertificatePosture[], showcerts: boolean): readonly string[] {
  if (chain.length === 0) return ['no peer certificate available', RULE]
  const lines = chain.flatMap((one, index) => [
    ` ${index} s:${one.subject}`,
    `   i:${one.issuer}`,
    `   a:PKEY: ${one.keyType}${one.curve === undefined ? '' : ` ${one.curve}`}, ${one.keyBits} (bit); sigalg: ${one.signatureAlgorithm}`,
    `   v:NotBefore: ${date(one.notBefore)}; NotAfter: ${date(one.notAfter)}`,
    ...(index === 0 && one.names.length > 0 ? [`   names: ${one.names.join(', ')}`] : []),
    ...(showcerts ? [one.pem.trimEnd()] : []),
  ])
  return ['Certificate chain', ...lines, RULE]
}

/** `Nov 22 06:49:05 2026 GMT`, ASN1_TIME_print(3). */
function date(iso: string): string {
  const at = new Date(iso)
  const two = (number: number): string => String(number).padStart(2, '0')
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`
  return `${MONTHS[at.getUTCMonth()] ?? ''} ${String(at.getUTCDate()).padStart(2)} ${time} ${at.getUTCFullYear()} GMT`
}

function keyLines(made: Handshake): readonly string[] {
  const { signature, temporaryKey: key, staple } = made
  const lines: string[] = [made.clientCertificateWanted ? 'A client certificate is asked for' : 'No client certificate is asked for']
  if (signature !== undefined) {
    lines.push(`Peer signing digest: ${digest(made)}`, `Peer signature type: ${signatureType(made)}`)
    if (signature.valid !== true) lines.push(`Peer signature: ${signature.valid === false ? 'WRONG' : 'could not be verified'}`)
  }
  if (key?.kind === 'KEM') lines.push(`Negotiated TLS1.3 group: ${key.name}`)
  else if (key !== undefined) lines.push(`Server Temp Key: ${temporaryKey(key)}`)
  if (made.helloRetryRequest) lines.push('The server asked for another key share first (HelloRetryRequest)')
  if (staple !== undefined) lines.push(`OCSP response: ${staple === 'none' ? 'no response sent' : staple}`)
  return lines
}

/** `X25519, 253 bits`, `ECDH, prime256v1, 256 bits`, `DH, 1024 bits`. */
function temporaryKey({ kind, name, bits }: NonNullable<Handshake['temporaryKey']>): string {
  if (kind === 'DH') return `DH, ${bits} bits (${name === 'custom' ? 'a home-made prime' : name})`
  return /^X\d/.test(name) ? `${name}, ${bits} bits` : `ECDH, ${name}, ${bits} bits`
}

/** Up to TLS 1.1 the key says what is signed: MD5 and SHA-1 together with RSA, RFC 4346 §7.4.3. */
function digest({ signature, chain }: Handshake): string {
  if (signature?.scheme !== undefined) return schemeHash(signature.scheme) ?? 'unknown'
  return chain[0]?.keyType === 'RSA' ? 'MD5-SHA1' : 'SHA1'
}

function signatureType({ signature, chain }: Handshake): string {
  if (signature?.scheme === undefined) return chain[0]?.keyType ?? 'unknown'
  const name = signatureScheme.name(signature.scheme)
  if (name.startsWith('rsa_pss')) return 'RSA-PSS'
  return /^(?:rsa|ecdsa|dsa)_/.test(name) ? (name.split('_', 1)[0] ?? name).toUpperCase() : name
}

function agreedLines(made: Handshake): readonly string[] {
  const { suite, chain, verification } = made
  const name = suite?.openssl ?? suite?.iana ?? ''
  const lines = [`New, ${made.protocol ?? ''}, Cipher is ${name}`]
  if (chain[0] !== undefined) lines.push(`Server public key is ${chain[0].keyBits} bit`)
  if (made.secureRenegotiation !== undefined) lines.push(`Secure Renegotiation ${made.secureRenegotiation ? 'IS' : 'IS NOT'} supported`)
  if (made.compression !== undefined) {
    lines.push(`Compression: ${made.compression === 0 ? 'NONE' : compressionMethod.name(made.compression)}`)
  }
  if (made.connected) lines.push(made.alpn === undefined ? 'No ALPN negotiated' : `ALPN protocol: ${made.alpn}`)
  lines.push('SSL-Session:', `    Protocol  : ${made.protocol ?? ''}`, `    Cipher    : ${name}`)
  if (suite !== undefined && suite.iana !== name) lines.push(`    Suite     : ${suite.iana}`)
  for (const { lifetime, maxEarlyData } of made.tickets) {
    lines.push(`    TLS session ticket lifetime hint: ${lifetime} (seconds)${early(maxEarlyData)}`)
  }
  if (made.connected && made.tickets.length === 0) lines.push('    TLS session ticket: none')
  if (verification !== undefined) lines.push(`    Verify return code: ${verification.code} (${verification.text})`)
  if (made.extendedMasterSecret !== undefined) lines.push(`    Extended master secret: ${made.extendedMasterSecret ? 'yes' : 'no'}`)
  if (made.encryptThenMac === true) lines.push('    Encrypt-then-MAC: yes')
  return lines
}

function early(maxEarlyData: number | undefined): string {
  return maxEarlyData === undefined ? '' : `, Max Early Data: ${maxEarlyData}`
}

import type { HandshakeClient, HandshakeServer } from './ends.ts'
import { clientFamilies, serverFamilies, type CataloguedPeer, type Certainty, type PeerUse } from './catalogue.ts'

/** The text of docs/known-clients.md, in Markdown: every peer of the catalogue, what it can do, and how that is known. */
export function knownClientsPage(): string {
  const text = [
    INTRODUCTION,
    '## Clients',
    '',
    ...clientFamilies().flatMap(({ title, rows }) => family(title, rows, ({ client }) => endLines(client))),
    '## Servers that mail goes to',
    '',
    'Their certificates are taken to be as it is said here: handshakes hang on the kind of key.',
    '',
    ...serverFamilies().flatMap(({ title, rows }) => family(title, rows, ({ server }) => [...endLines(server), ...serverLines(server)])),
    UNKNOWN,
  ]
  return `${text.join('\n').trimEnd()}\n`
}

const INTRODUCTION = `# Known clients and servers

<!-- Made by docs/generate.ts out of src/policy/negotiate/catalogue: change it there. -->

\`postern settings plan\` foretells what a change does to these: it negotiates with each of them, before and after, without a connection. They are taken with the settings that they come with; whoever has changed those has another client. The findings of \`postern audit\` and \`postern settings show\` name those of them that need what is wrong: the ones that speak nothing newer than TLS 1.2, come for what is served at the door, and could not connect any more.

How it is known what they can do:

- **measured**: The first message of this very program was read. For all but Thunderbird a test reads it again where the program is installed.
- **documented**: Its maker says so, on the page that is named.
- **inferred**: It follows from what is known of its parts, or it was told by others.

What is not known is not guessed. Where a peer may have more than stands here, nobody is said to be cut off for the lack of it: the outcome is \`unknown\`, which is never a pass.

Who comes to which door: browsers to HTTPS, mail programs and printers to submission, IMAP and POP3, sending servers to port 25. Sending servers mostly try TLS and go on in plain text when it fails, so that a stricter port 25 loses encryption before it loses mail; where plain text is refused, or the sender insists on TLS, the mail stays away.

Settings say nothing of certificates. A server is foretold twice, with an RSA key of 2048 bits and with an ECDSA key on secp256r1; where the two come to different ends, both are shown. Where settings leave open the order of suites, the groups, the size of DHE or the SSLv2 hello, all that they may mean is tried, and only what all of them agree on is said.
`

const UNKNOWN = `## Who is not here

For Yahoo, iCloud, GMX, web.de, Proton and other providers no published list was found of what they deliver with. Makers of printers publish at best which versions a firmware has, and seldom its suites. Nor is there anything about clients whose settings somebody has changed: logs tell of those.
`

const USES: Readonly<Record<PeerUse, string>> = {
  web: 'HTTPS',
  mail: 'submission, IMAP and POP3',
  smtp: 'SMTP between servers',
  ftp: 'FTP',
}

const CERTAINTY: Readonly<Record<Certainty, string>> = { measured: 'measured', documented: 'documented', inferred: 'inferred' }

function family<T extends CataloguedPeer>(title: string, rows: readonly T[], end: (row: T) => readonly string[]): readonly string[] {
  return [`### ${title}`, '', ...rows.flatMap((row) => [...peerLines(row), ...end(row), ...moreLines(row), ''])]
}

function peerLines({ name, uses, certainty, sources, note }: CataloguedPeer): readonly string[] {
  return [
    `#### ${name}`,
    '',
    ...(note === undefined ? [] : [note, '']),
    `- ${CERTAINTY[certainty]}: ${sources.map((source) => `<${source}>`).join(', ')}`,
    `- for ${uses.map((use) => USES[use]).join('; ')}`,
  ]
}

function endLines({ versions, suites, groups, securityLevel, ...end }: HandshakeClient | HandshakeServer): readonly string[] {
  const { minDhBits = 0, maxDhBits = 0, sslv2Hello = false } = 'order' in end ? {} : end
  return [
    `- ${versions.join(', ')}`,
    ...(suites.length === 0 ? [] : [`- ${suites.length} suites: ${suites.map(code).join(' ')}`]),
    ...(groups === undefined ? [] : [`- groups: ${groups.length === 0 ? 'none' : groups.join(', ')}`]),
    ...(securityLevel === undefined ? [] : [`- security level ${securityLevel}`]),
    ...(minDhBits === 0 ? [] : [`- DHE with ${minDhBits} bits and more`]),
    ...(maxDhBits === 0 ? [] : [`- DHE with ${maxDhBits} bits at most`]),
    ...(sslv2Hello ? ['- its hello has the format of SSL 2.0'] : []),
  ]
}

function serverLines({ order, certificates, dh }: HandshakeServer): readonly string[] {
  const keys = certificates.map(({ keyType, keyBits }) => `${keyType} with ${keyBits} bits`)
  return [
    `- the ${order} chooses the suite`,
    `- certificate: ${keys.join(' and ')}`,
    ...(dh === undefined ? [] : [`- DHE with ${dh} bits`]),
  ]
}

function moreLines({ more = [], orderUnknown }: CataloguedPeer): readonly string[] {
  return [
    ...(more.length === 0 ? [] : [`- not known: all of its ${more.join(' and ')}`]),
    ...(orderUnknown === true ? ['- not known: the order of its suites'] : []),
  ]
}

function code(text: string): string {
  return `\`${text}\``
}

/** The shape of a gate's configuration, for checks and for editors. Loaded only where one is read. */
import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { HTTP_FACTS } from '../../dialects/index.ts'
import type { BesideFile, GateFile } from './config-file.ts'
import { networkOf, placeOf, portsOf } from './places.ts'
import { INSIDE_NAME } from '../links/inside-list.ts'
import { LOG_LEVELS } from '../seen/log-level.ts'
import { GATE_DIALECTS } from './gate-dialects.ts'
import { localLogins, outletSchema } from './outlet-schema.ts'
import { isPin } from '../tls/backend-trust.ts'

const STAGES = ['observe', 'explain', 'refuse'] as const

const place = z
  .string()
  .refine((text) => placeOf(text) !== undefined, { error: (issue) => `${JSON.stringify(issue.input)} is no address with a port` })
  .meta({ examples: ['0.0.0.0:25', ':993', '[::1]:465'] })

const network = z
  .string()
  .refine((text) => networkOf(text) !== undefined, { error: (issue) => `${JSON.stringify(issue.input)} is no network` })
  .meta({ examples: ['10.1.0.0/16', '2001:db8::/32', '192.0.2.7'] })

/** A day that is too late for its month is taken for one of the next. */
function isDay(text: string): boolean {
  const time = Date.parse(text)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

const PLACE_FORM = 'a place is written as "0.0.0.0:25", ":993" or "[::1]:465"'

const day = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/, { error: 'a day is written as 2027-01-31' })
  .refine(isDay, { error: 'there is no such day' })

const stage = z
  .union([z.enum(STAGES), z.array(z.strictObject({ from: day.exactOptional(), stage: z.enum(STAGES) })).min(1)])
  .describe(
    'How strictly: observe records, explain answers in words behind the handshake, refuse has no handshake. A list changes it by day.',
  )

const clientCertificates = z
  .union([
    z.strictObject({
      ca: z.string().min(1).describe('PEM of the authorities that vouch for clients.'),
      mode: z.enum(['request', 'require']).describe('Who has one shows it, or who has none is treated as the stage says.'),
    }),
    z.literal(false),
  ])
  .describe('Whether clients are asked for certificates; false without it.')

const policy = z.string().min(1).describe('A rulebook by its name, or a policy file.')
/** Timers count milliseconds in 31 bits, and end at once where that is not enough. */
const seconds = z.number().positive().max(2_000_000)
const count = z.int().positive()
const MOST_WORKERS = 256

const pin = z
  .string()
  .refine(isPin, { error: (issue) => `${JSON.stringify(issue.input)} is no SHA-256 in hex or base64` })
  .meta({ examples: ['sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='] })

const insideName = z
  .string()
  .regex(INSIDE_NAME, { error: 'an inside is called by small letters, digits, dots, hyphens and underscores' })
  .meta({ examples: ['office'] })

const backend = z.strictObject({
  address: place.exactOptional(),
  link: z
    .union([insideName, z.array(insideName).min(1)])
    .exactOptional()
    .describe(
      'In place of an address, an inside that opens a link to this gate, or several: of those that are there, the one with the fewest clients.',
    ),
  service: z.string().min(1).exactOptional().describe('What the inside calls the service; without it, as this one is called.'),
  tls: z
    .enum(['none', 'implicit', 'starttls'])
    .exactOptional()
    .describe('TLS from the first byte, or asked for in the words of the dialect, or none; none without it.'),
  policy: policy.exactOptional(),
  name: z
    .string()
    .min(1)
    .exactOptional()
    .describe('Whom its certificate has to be for; without it, it is not looked at. With pins, whom to ask for.'),
  ca: z.string().min(1).exactOptional().describe('PEM of the authority that vouches for it; without it, those of the system.'),
  pins: z.array(pin).min(1).exactOptional().describe('SHA-256 of the keys that it may have; then neither names nor dates count.'),
  proxy: z.enum(['v2']).exactOptional().describe('It is told whose a connection is, and by which TLS, in the PROXY protocol.'),
  xclient: z
    .union([z.boolean(), z.literal('names')])
    .exactOptional()
    .describe(
      'It is told whose a connection is by XCLIENT, which it has to announce; with names, also what DNS says that the client is called.',
    ),
})
const server = z.union([place, backend], { error: PLACE_FORM })

const passive = z.strictObject({
  address: z
    .string()
    .refine(isIPv4, { error: (issue) => `${JSON.stringify(issue.input)} is no IPv4 address` })
    .exactOptional()
    .describe('What clients are told instead of the address that they came to, such as that of a router in between.'),
  ports: z
    .string()
    .refine((text) => portsOf(text) !== undefined, { error: (issue) => `${JSON.stringify(issue.input)} is no range of ports above 1023` })
    .exactOptional()
    .describe('Where clients come for data; any free port without it.')
    .meta({ examples: ['50000-50100'] }),
})

const dialect = z.enum(GATE_DIALECTS)
const mode = z.enum(['starttls', 'required', 'implicit', 'passthrough', 'starttls-passthrough', 'none'])
const behind = z
  .union([server, z.array(server).min(1)], { error: PLACE_FORM })
  .describe('The server behind; of several, the first that can be reached.')

const serverName = z.string().regex(/^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/, { error: 'a name is written as mail.example.com or *.example.com' })

const listen = z
  .union([place, z.strictObject({ link: z.string().min(1).describe('A gate of links: clients come over the link to it.') })], {
    error: PLACE_FORM,
  })
  .describe('Where clients come: at a place of its own, or over a link to a gate.')

const service = z.strictObject({
  listen,
  dialect,
  tls: mode,
  policy,
  stage: stage.exactOptional(),
  clientCertificates: clientCertificates.exactOptional(),
  identities: z.array(z.string().min(1)).min(1).exactOptional().describe('Names of identities; without it, all of them.'),
  backend: behind.exactOptional(),
  outlet: outletSchema({ network, policy, stage }).exactOptional(),
  logins: localLogins.exactOptional(),
  headers: z
    .record(z.string().regex(/^[A-Za-z][\dA-Za-z-]*$/, { error: 'a field is named with letters, digits and hyphens' }), z.enum(HTTP_FACTS))
    .exactOptional()
    .describe('HTTP: fields that tell the server behind something of the client, by their names.'),
  alpn: z
    .array(z.string().regex(/^[\x21-\x7e]{1,255}$/, { error: 'a protocol is named with 1 to 255 signs of ASCII' }))
    .min(1)
    .exactOptional()
    .describe('With the dialect tls: protocols that the server behind speaks, as ALPN names them, the preferred ones first.')
    .meta({ examples: [['h2', 'http/1.1']] }),
  routes: z
    .array(z.strictObject({ names: z.array(serverName).min(1), backend: behind }))
    .exactOptional()
    .describe('Other servers for clients that ask for some names in their hello.'),
  hideLogin: z.boolean().exactOptional().describe('Logins are neither shown nor taken before TLS; true without it.'),
  plainAfterRefusal: z
    .enum(['observe', 'refuse'])
    .exactOptional()
    .describe(
      'Plain text from a client whose TLS was refused in the last hour: recorded, or refused. With tls: starttls; observe without it.',
    ),
  exceptions: z
    .array(
      z.strictObject({
        networks: z.array(network).min(1),
        policy: policy.exactOptional(),
        stage: stage.exactOptional(),
        clientCertificates: clientCertificates.exactOptional(),
      }),
    )
    .exactOptional()
    .describe('What differs for clients of some networks; the first that fits counts.'),
  acceptProxy: z
    .array(network)
    .min(1)
    .exactOptional()
    .describe('Proxies in front: what comes from there has to begin with a header of the PROXY protocol, version 1 or 2.'),
  passive: passive.exactOptional().describe('For FTP: the data connections that clients open.'),
  requireSessionReuse: z
    .boolean()
    .exactOptional()
    .describe('For FTP: data connections in TLS have to take up a session; false without it.'),
})

const identity = z.strictObject({
  certificate: z.string().min(1).describe('PEM, the own certificate first.'),
  key: z.string().min(1).exactOptional().describe('PEM; without it, in the same file.'),
  keyGroup: z
    .union([z.string().min(1), z.int().nonnegative()])
    .exactOptional()
    .describe('The group that may read the key, by its name or number; ssl-cert without it.'),
  ocsp: z
    .strictObject({
      staple: z.string().min(1).exactOptional().describe('A response of OCSP in DER that somebody else keeps new.'),
      responder: z
        .union([z.literal('certificate'), z.url({ protocol: /^http$/ })])
        .exactOptional()
        .describe('Who is asked: certificate for the responder that the certificate names, or a URL with http.'),
    })
    .exactOptional()
    .describe('What is stapled; without it nothing is.'),
})

const metrics = z.strictObject({
  listen: place,
  beyondLoopback: z.boolean().exactOptional().describe('They may be told to other machines.'),
})

const links = z
  .strictObject({
    listen: place.exactOptional().describe('At the gate: where insides come to open links.'),
    folder: z.string().min(1).exactOptional().describe('At the gate: the folder with what it knows of insides; links without it.'),
    gates: z
      .record(z.string().min(1), z.string().min(1))
      .exactOptional()
      .describe('Inside: files that postern link join has written, by names for listen.'),
  })
  .describe('Tunnels that an inside opens to a gate, so that no port to the inside is open.')

const common = {
  links: links.exactOptional(),
  identities: z.record(z.string().min(1), z.array(identity).min(1)).exactOptional(),
  timeouts: z
    .strictObject({
      hello: seconds.exactOptional().describe('For the whole hello; 10 without it.'),
      handshake: seconds.exactOptional().describe('From the hello to TLS; 30 without it.'),
      head: seconds.exactOptional().describe('For the whole head of a request of HTTP; 30 without it.'),
      idle: seconds
        .exactOptional()
        .describe(
          'In which nothing was carried either way; without it 1860 for imap, sieve, xmpp and xmpp-server, and 600 for the others. Before a login those four have 180 at most.',
        ),
      total: seconds.exactOptional().describe('The longest life of a connection; a day without it.'),
      connect: seconds.exactOptional().describe('To reach the server behind, up to the end of its greeting; 10 without it.'),
    })
    .exactOptional()
    .describe('In seconds.'),
  health: z
    .strictObject({
      interval: seconds
        .min(1)
        .exactOptional()
        .describe(
          'Seconds between two looks at each server behind. Without it 10, where a service has several, and else only at those that are down.',
        ),
    })
    .exactOptional(),
  limits: z
    .strictObject({
      connections: count.exactOptional().describe('At once; 10000 without it.'),
      perClient: count.exactOptional().describe('Of one client; 100 without it.'),
      ipv6Prefix: z.int().min(1).max(128).exactOptional().describe('By so many bits IPv6 clients are told apart; 64 without it.'),
      line: z.int().min(512).exactOptional().describe('Octets of a command; 4096 without it.'),
    })
    .exactOptional(),
  workers: count
    .max(MOST_WORKERS)
    .exactOptional()
    .describe('Processes that serve; without it, as many as the machine has cores. 1 is a single process.'),
  log: z
    .enum(LOG_LEVELS)
    .exactOptional()
    .describe('Which connections get a line: all of them, those that were refused or went wrong, or none; all without it.'),
  streams: z
    .enum(['handles', 'node'])
    .exactOptional()
    .describe(
      'What connections go by: handles of Node.js, which take less of a processor, or node, its documented streams; handles without it.',
    ),
  metrics: z
    .union([place, metrics], { error: PLACE_FORM })
    .exactOptional()
    .describe('Where /metrics, /healthz and /readyz are told over HTTP; nowhere without it.'),
  admin: z
    .union([z.string().min(1), z.literal(false)])
    .exactOptional()
    .describe(
      'The path of the admin socket; without it gate.sock in $RUNTIME_DIRECTORY or $XDG_RUNTIME_DIR/postern. False: there is none.',
    ),
}

const besideService = z.strictObject({
  ...service.shape,
  listen: listen.exactOptional(),
  dialect: dialect.exactOptional(),
  tls: mode.exactOptional(),
  policy: policy.exactOptional(),
  backend: behind.exactOptional(),
})

/** What stands beside settings of another program, which say the rest. */
export const besideFile: z.ZodType<BesideFile> = z
  .strictObject({
    services: z.record(z.string().min(1), z.union([place, besideService])).exactOptional(),
    backend: behind.exactOptional().describe('Behind every service that has none of its own.'),
    ...common,
  })
  .meta({
    title: 'Postern gate, beside settings',
    description: 'Certificates and servers behind, for a gate that runs mailserver.cfg or server.xml.',
  })

/** Words that are not known are refused: a service with a typo protects nobody. */
export const gateFile: z.ZodType<GateFile> = z
  .strictObject({
    services: z.record(z.string().min(1), service).refine((all) => Object.keys(all).length > 0, { error: 'there is no service' }),
    ...common,
  })
  .meta({ title: 'Postern gate', description: 'The services that stand in front of servers, and the TLS that they let through.' })

/** The text of schemas/gate.schema.json. */
export function printGateSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(gateFile, { io: 'input' }), null, 2)}\n`
}

/** The text of schemas/gate-beside.schema.json. */
export function printGateBesideSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(besideFile, { io: 'input' }), null, 2)}\n`
}

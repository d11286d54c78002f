import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SecureVersion } from 'node:tls'
import { suiteByName } from '../../src/registry/index.ts'

/** TLS as a file asks for it. */
export interface ToldTls {
  /** Without gaps, the oldest first. */
  readonly protocols: readonly SecureVersion[]
  readonly ciphers: string
}

/** One listener. */
export interface ToldDoor extends ToldTls {
  readonly port: number
  /** SMTP first, and TLS once it is asked for. */
  readonly starttls?: boolean
}

/** What a settings file says, whichever there is. */
export interface Told {
  readonly file: string
  readonly text: string
  readonly doors: readonly ToldDoor[]
  /** As a client of other servers. */
  readonly outgoing?: ToldTls
  /** What a file of this kind may end with. */
  readonly remark: string
}

const VERSIONS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
/** What an OpenSSL and a Java of that time have, as far as today's OpenSSL goes back. */
const OF_THAT_TIME = VERSIONS.slice(0, 3)

export function toldIn(folder: string): Told {
  const read = (name: string): string => readFileSync(join(folder, name), 'latin1')
  if (existsSync(join(folder, 'mailserver.cfg'))) {
    const smtp = existsSync(join(folder, 'smtp-port')) ? Number(read('smtp-port')) : undefined
    return kerio(read('mailserver.cfg'), Number(read('port')), smtp)
  }
  if (existsSync(join(folder, 'server.xml'))) return mailExpress(read('server.xml'))
  return keyValue(read('key-value.conf'), Number(read('port')))
}

function keyValue(text: string, port: number): Told {
  const value = (key: string): string | undefined => new RegExp(`^${key} *= *(.*?)[ \\r]*$`, 'm').exec(text)?.[1]
  if (value('start') === 'never') throw new Error('It says that it never starts.')
  const protocols = versionsIn(value('server.protocols')?.split(' ')) ?? VERSIONS
  const stuck = value('stuck') === 'yes' ? protocols.filter((one) => one !== 'TLSv1.3') : protocols
  return {
    file: 'key-value.conf',
    text,
    doors: [{ port, protocols: stuck, ciphers: value('server.ciphers') ?? 'HIGH:!aNULL' }],
    remark: '# written again\n',
  }
}

/** The table `SmtpSecurity` is that of SMTP, and `Security` that of everything else. */
function kerio(text: string, port: number, smtp: number | undefined): Told {
  const tls = (table: string, role: 'Server' | 'Client'): ToldTls => {
    const inside = new RegExp(`<table name="${table}">[^]*?</table>`).exec(text)?.[0] ?? ''
    const value = (name: string): string => new RegExp(`name="${role}Tls${name}">([^<]*)<`).exec(inside)?.[1] ?? ''
    return {
      protocols: versionsIn(value('Protocols').split(',')) ?? OF_THAT_TIME,
      ciphers: value('Ciphers') || 'AESGCM:HIGH:!aNULL',
    }
  }
  return {
    file: 'mailserver.cfg',
    text,
    doors: [
      { port, ...tls('Security', 'Server') },
      ...(smtp === undefined ? [] : [{ port: smtp, starttls: true, ...tls('SmtpSecurity', 'Server') }]),
    ],
    outgoing: tls('SmtpSecurity', 'Client'),
    remark: '<!-- written again -->\n',
  }
}

/** Mail Express 3, which has Tomcat 6: its HTTPS Connector reads `SSLProtocol` as OpenSSL's library does, the gateway's as Java does. */
function mailExpress(text: string): Told {
  const connectors = [...text.matchAll(/<Connector\b[^>]*>/g)].map(([connector]) => connector)
  const doors = connectors.flatMap((connector): ToldDoor[] => {
    const value = (name: string): string | undefined => new RegExp(`\\b${name}="([^"]*)"`).exec(connector)?.[1]
    const port = Number(value('port'))
    if (value('protocol') === 'com.globalscape.protocolhandler.DMZProtocolHandler') {
      const names = value('ciphers')?.split(',')
      const ciphers = names?.flatMap((name) => suiteByName(name.trim())?.openssl ?? []).join(':')
      return [{ port, protocols: versionsIn(value('sslProtocols')?.split(',')) ?? OF_THAT_TIME, ciphers: ciphers ?? 'ALL:!aNULL' }]
    }
    const asked = value('SSLProtocol')
    if (asked === undefined) return []
    // Whatever it does not know to the letter means everything.
    const protocols = asked.toLowerCase() === 'tlsv1' ? (['TLSv1'] as const) : OF_THAT_TIME
    return [{ port, protocols, ciphers: value('SSLCipherSuite') ?? 'ALL' }]
  })
  return { file: 'server.xml', text, doors, remark: '<!-- written again -->\n' }
}

/** Those that are versions to the letter; undefined where none is. */
function versionsIn(names: readonly string[] | undefined): readonly SecureVersion[] | undefined {
  const own = VERSIONS.filter((version) => names?.some((name) => name.trim() === version))
  return own.length === 0 ? undefined : own
}

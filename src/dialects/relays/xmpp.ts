import { createHash } from 'node:crypto'
import type { Ending, Parting, Refusal, Relay, RelayMaker, RelayOptions, RelayStep } from '../relay.ts'
import { beginsHello, latin1, octets } from './lines.ts'
import { PARTINGS } from './parting.ts'
import { Saying } from './saying.ts'
import { isXmlFlaw, XmlTokens, type XmlFlaw, type XmlToken } from './xml-tokens.ts'
import { FeaturesReader } from './xmpp-features.ts'

/** Octets of a tag before the login. */
const MAX_TAG = 8192

/** Octets of a server that nobody has asked anything: an error, when it has waited too long. */
const MAX_DROPPED = 8192

const TLS = 'urn:ietf:params:xml:ns:xmpp-tls'
const STREAMS = 'urn:ietf:params:xml:ns:xmpp-streams'

/**
 * A server says that somebody is logged in: RFC 6120 §6.4.6, XEP-0078 §3.1 of old clients, XEP-0220 §2.1 among servers. What looks like it and is none costs no more
 * than patience.
 */
const LOGGED_IN = /<success[\s/>]|<iq\s[^<>]*type=['"]result|<(?:\w+:)?(?:result|verify)\s/

/** Characters in which that stands. */
const LONGEST_MARK = 256

/** White space of XML. */
const BLANKS = /^[ \t\r\n]+/

/** Names that can stand in an attribute as they are. */
const DOMAIN = /^[\w.:[\]-]{1,255}$/

/**
 * XMPP up to the stream features within TLS, RFC 6120 §5. Of the stream before TLS the server hears nothing: the gate answers it, with STARTTLS as its one feature
 * and required, since nothing else may be done there (RFC 7590 §3.1). So the stream within TLS is for the server the first, and nothing that somebody
 * in between has put into the one before it is ever heard.
 */
class XmppRelay implements Relay {
  readonly #options: RelayOptions
  readonly #namespace: string
  readonly #say = new Saying()
  #client = new XmlTokens(MAX_TAG)
  readonly #server = new XmlTokens(MAX_TAG)
  /** `clear` and `asked`: before TLS, the second behind the stream header; `waiting`: who may not go on is told so behind its stream header; `login`: behind the features. */
  #stage: 'clear' | 'asked' | 'handshake' | 'waiting' | 'secure' | 'login' | 'copy' | 'over'
  /** The end of what the server has said since. */
  #said = ''
  #refusal: Refusal | undefined
  #isLost = false
  #dropped = 0
  #blanks = 0
  /** The client has heard a stream header since TLS, or since the beginning. */
  #hasHeader = false
  #features: FeaturesReader | undefined
  #isInsideStarttls = false
  #hasBegunHello = false

  constructor(options: RelayOptions, namespace: string) {
    this.#options = options
    this.#namespace = namespace
    this.#stage = options.tls === 'offered' || options.tls === 'required' ? 'clear' : 'secure'
  }

  fromClient(bytes: Uint8Array): RelayStep {
    if (this.#stage === 'over' || bytes.length === 0) return {}
    if (this.#stage === 'secure' || this.#stage === 'login' || this.#stage === 'copy') return { toServer: bytes }
    if (this.#stage === 'handshake') return this.#hurry(bytes)
    if (this.#stage === 'clear' && this.#client.left === 0 && beginsHello(bytes)) this.#over('not-the-protocol')
    else {
      this.#client.push(latin1(bytes))
      while (this.#readClient());
    }
    return this.#say.step()
  }

  fromServer(bytes: Uint8Array): RelayStep {
    if (this.#stage === 'copy') return bytes.length === 0 ? {} : { toClient: bytes }
    if (this.#stage === 'login') this.#pass(latin1(bytes))
    else if (this.#stage !== 'secure') return this.#unheard(bytes.length)
    else {
      this.#server.push(latin1(bytes))
      while (this.#stage === 'secure' && this.#readServer());
    }
    const isCopied: boolean = this.#isCopied
    return { ...this.#say.step(), ...(isCopied && { copy: true as const }) }
  }

  secured(): RelayStep {
    if (this.#stage !== 'handshake') return {}
    this.#client = new XmlTokens(MAX_TAG)
    this.#hasHeader = false
    this.#stage = this.#isLost || this.#refusal !== undefined ? 'waiting' : 'secure'
    return {}
  }

  turnAway(refusal: Refusal): RelayStep {
    if (this.#stage === 'over' || this.#stage === 'login' || this.#stage === 'copy') return {}
    this.#refusal = refusal
    if (this.#hasHeader || this.#options.tls === 'none') this.#tell()
    else if (this.#stage === 'secure') this.#stage = 'waiting'
    return this.#say.step()
  }

  unreachable(): RelayStep {
    this.#isLost = true
    if (this.#stage === 'secure') this.#stage = 'waiting'
    return {}
  }

  serverLost(): RelayStep {
    if (this.#stage === 'over' || this.#stage === 'waiting') return {}
    this.#isLost = true
    if (this.#stage === 'login' || this.#stage === 'copy') this.#over('server-lost')
    else if (this.#stage === 'asked' || (this.#stage === 'secure' && this.#hasHeader)) this.#tell()
    else if (this.#stage === 'secure') {
      this.#header(undefined)
      this.#tell()
    }
    return this.#say.step()
  }

  /** RFC 6120 §4.9.3. Once nothing is looked at any more, nobody knows whether a stanza has ended; text that stops in the middle has no `>` behind it, as a rule. */
  lastWords(why: Parting): Uint8Array | undefined {
    if (this.#stage === 'over' || this.#stage === 'handshake') return undefined
    if (this.#said !== '' && !/>\s*$/.test(this.#said)) return undefined
    const { condition, words } = PARTINGS[why]
    if (!this.#hasHeader) this.#header(undefined)
    this.#error(condition, words, 'quit')
    return this.#say.step().toClient
  }

  overheard(bytes: Uint8Array): void {
    this.#said = latin1(bytes.subarray(-LONGEST_MARK))
  }

  /** Of a server whom nobody has asked anything yet, or to whom nobody listens any more. */
  #unheard(count: number): RelayStep {
    this.#dropped += count
    if (this.#stage !== 'over' && this.#dropped > MAX_DROPPED) this.#over('server-misbehaves')
    return this.#say.step()
  }

  get #isCopied(): boolean {
    return this.#stage === 'copy'
  }

  #readClient(): boolean {
    if (this.#stage !== 'clear' && this.#stage !== 'asked' && this.#stage !== 'waiting') return false
    const token = this.#client.next()
    if (token === undefined) return false
    if (isXmlFlaw(token)) this.#flaw(token)
    else if (token.kind === 'text') {
      this.#blanks += token.raw.length
      if (/\S/.test(token.raw)) this.#flaw('not-well-formed')
      else if (this.#blanks > MAX_TAG) this.#flaw('policy-violation')
    } else if (token.kind !== 'declaration') this.#tag(token)
    return true
  }

  #tag(token: Exclude<XmlToken, { kind: 'text' | 'declaration' }>): void {
    const { kind, name } = token
    if (this.#stage !== 'asked') {
      if (kind !== 'open' || name !== 'stream') this.#flaw('not-well-formed')
      else this.#stream(token.attributes.get('to'))
    } else if (kind === 'close' && name === 'stream') {
      this.#say.toClient('</stream:stream>')
      this.#over('quit')
    } else if (name === 'starttls' && kind === 'close' && this.#isInsideStarttls) this.#upgrade()
    else if (name !== 'starttls' || kind === 'close' || this.#isInsideStarttls || token.attributes.get('xmlns') !== TLS)
      this.#error('policy-violation', 'TLS has to begin first', 'not-the-protocol')
    else if (kind === 'empty') this.#upgrade()
    else this.#isInsideStarttls = true
  }

  /** RFC 6120 §4.3.2 and §5.3.1. */
  #stream(to: string | undefined): void {
    this.#header(to)
    if (this.#refusal !== undefined || this.#isLost) {
      this.#tell()
      return
    }
    this.#say.toClient(`<stream:features><starttls xmlns='${TLS}'><required/></starttls></stream:features>`)
    this.#stage = 'asked'
  }

  /** RFC 6120 §5.4.2. White space behind the request is against §5.3.3, and some clients end it with a line feed: it says nothing, and nobody hears it. */
  #upgrade(): void {
    const rest = octets(this.#client.take().replace(BLANKS, ''))
    if (rest.length > 0 && !beginsHello(rest)) {
      this.#say.toClient(`<failure xmlns='${TLS}'/></stream:stream>`)
      this.#over('starttls-injection')
      return
    }
    this.#say.toClient(`<proceed xmlns='${TLS}'/>`)
    this.#say.tls(rest)
    this.#hasBegunHello = rest.length > 0
    this.#stage = 'handshake'
  }

  /** Behind the go-ahead: more of a hello, or its beginning, and never anything else. */
  #hurry(bytes: Uint8Array): RelayStep {
    const rest = this.#hasBegunHello ? bytes : octets(latin1(bytes).replace(BLANKS, ''))
    if (rest.length === 0) return {}
    if (!this.#hasBegunHello && !beginsHello(rest)) {
      this.#over('starttls-injection')
      return this.#say.step()
    }
    this.#hasBegunHello = true
    return { tls: { rest } }
  }

  #readServer(): boolean {
    const token = this.#server.next()
    if (token === undefined) return false
    if (isXmlFlaw(token)) this.#misbehaves()
    else if (this.#features !== undefined) this.#feature(this.#features, token)
    else if (token.kind === 'open' && token.name === 'stream' && !this.#hasHeader) {
      this.#say.toClient(token.raw)
      this.#hasHeader = true
      // RFC 6120 §4.7.5: without a version there are no features.
      if (!token.attributes.has('version')) this.#copy()
    } else if (token.kind === 'text' || token.kind === 'declaration') this.#say.toClient(token.raw)
    else if (!this.#hasHeader) this.#misbehaves()
    else if (token.kind === 'open' && token.name === 'features') {
      this.#features = new FeaturesReader(this.#options.tls === 'none' && this.#options.hidesLogin)
      this.#feature(this.#features, token)
    } else {
      this.#say.toClient(token.raw)
      this.#featuresSaid()
    }
    return true
  }

  #feature(reader: FeaturesReader, token: XmlToken): void {
    const features = reader.push(token)
    if (features === 'too-long') this.#misbehaves()
    else if (features !== 'more') {
      this.#say.toClient(features.whole)
      this.#featuresSaid()
    }
  }

  /** TLS can begin only before the login, and that is behind the features: of what follows nobody wants to know more than whether it succeeds. */
  #featuresSaid(): void {
    this.#stage = 'login'
    this.#pass(this.#server.take())
  }

  /** A server of before XMPP has its own ways to log in. */
  #copy(): void {
    this.#stage = 'copy'
    this.#pass(this.#server.take())
  }

  #pass(text: string): void {
    this.#say.toClient(octets(text))
    this.#said += text
    if (LOGGED_IN.test(this.#said)) this.#stage = 'copy'
    this.#said = this.#said.slice(-LONGEST_MARK)
  }

  #misbehaves(): void {
    if (!this.#hasHeader) this.#header(undefined)
    this.#error('internal-server-error', 'The server cannot be understood, try again later', 'server-misbehaves')
  }

  /** RFC 6120 §4.7. Nothing that counts hangs on the identifier of a stream that ends with the beginning of TLS, or with an error. */
  #header(to: string | undefined): void {
    const { gateName, client } = this.#options
    const from = to !== undefined && DOMAIN.test(to) ? to : gateName
    const id = createHash('sha256')
      .update(JSON.stringify([gateName, client?.address, client?.port]))
      .digest('hex')
      .slice(0, 16)
    this.#say.toClient(
      `<?xml version='1.0'?><stream:stream from='${from}' id='${id}' version='1.0' xml:lang='en' xmlns='${this.#namespace}' xmlns:stream='http://etherx.jabber.org/streams'>`,
    )
    this.#hasHeader = true
  }

  /** RFC 6120 §4.9.1.2: an error stands within a stream. */
  #tell(): void {
    if (!this.#hasHeader) this.#header(undefined)
    if (this.#refusal === undefined) this.#error('remote-connection-failed', 'The server cannot be reached, try again later', 'server-lost')
    else this.#error(this.#refusal.temporary ? 'resource-constraint' : 'policy-violation', this.#refusal.words, 'turned-away')
  }

  #flaw(flaw: XmlFlaw): void {
    if (!this.#hasHeader) this.#header(undefined)
    this.#error(flaw, undefined, flaw === 'policy-violation' ? 'line-too-long' : 'not-the-protocol')
  }

  /** RFC 6120 §4.9.2. */
  #error(condition: string, text: string | undefined, ending: Ending): void {
    const words = text === undefined ? '' : `<text xmlns='${STREAMS}' xml:lang='en'>${escaped(text)}</text>`
    this.#say.toClient(`<stream:error><${condition} xmlns='${STREAMS}'/>${words}</stream:error></stream:stream>`)
    this.#over(ending)
  }

  #over(ending: Ending): void {
    this.#stage = 'over'
    this.#say.end(ending)
  }
}

/** ASCII, so that a character is an octet. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"']|[^\x20-\x7e]/g, (character) => `&#${character.codePointAt(0)};`)
}

export const xmppRelay: RelayMaker = (options) => new XmppRelay(options, 'jabber:client')

/** Servers among each other: who dials in asks for STARTTLS as clients do. */
export const xmppServerRelay: RelayMaker = (options) => new XmppRelay(options, 'jabber:server')

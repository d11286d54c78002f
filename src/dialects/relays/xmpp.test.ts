import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { latin1, octets } from './lines.ts'
import { describeRelay, OPTIONS, type Conversation } from './relay-laws.test.ts'
import { isXmlFlaw, XmlTokens } from './xml-tokens.ts'
import { xmppRelay, xmppServerRelay } from './xmpp.ts'

const HEADER =
  "<?xml version='1.0'?><stream:stream to='a.example' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
/** SHA-256 of who the gate and the client are. */
const ID = '6425039dfdf044e2'
const OURS = (from: string, namespace = 'jabber:client'): string =>
  `<?xml version='1.0'?><stream:stream from='${from}' id='${ID}' version='1.0' xml:lang='en' xmlns='${namespace}' xmlns:stream='http://etherx.jabber.org/streams'>`
const OFFER = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"
const STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
const PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
const error = (condition: string, text = ''): string =>
  `<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>${text === '' ? '' : `<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>${text}</text>`}</stream:error></stream:stream>`
const SERVER = "<?xml version='1.0'?><stream:stream id='x' from='a.example' version='1.0' xmlns='jabber:client'>"

/** The server's features as they come, and as a client sees them. */
const FEATURES =
  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls><mechanisms xmlns='m'><mechanism>SCRAM-SHA-1-PLUS</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms><sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding><x:starttls/><ver xmlns='v'><starttls>kept</starttls></ver></stream:features>"
const SEEN =
  "<stream:features><mechanisms xmlns='m'><mechanism>SCRAM-SHA-1</mechanism></mechanisms><ver xmlns='v'><starttls>kept</starttls></ver></stream:features>"

const conversations: readonly Conversation[] = [
  {
    why: 'before TLS the gate answers alone, and the server hears the stream within it',
    talk: `
      C= ${HEADER}
      c= ${OURS('a.example')}${OFFER}
      C= ${STARTTLS}
      c= ${PROCEED}
      => tls
      TLS
      C= ${HEADER}
      s= ${HEADER}
      S= ${SERVER}${FEATURES}<more/>
      c= ${SERVER}${SEEN}<more/>
      S= <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
      c= <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
      => copy
      C= <auth/>
      s= <auth/>`,
  },
  {
    why: 'a hello in a hurry is TLS, and a starttls may have an end of its own',
    talk: `
      C= ${HEADER}<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'></starttls>
      c= ${OURS('a.example')}${OFFER}${PROCEED}
      => tls
      C< 16 03 01
      => tls 16 03 01
      TLS
      C= ${HEADER}
      s= ${HEADER}`,
  },
  {
    why: 'plain text behind the request for TLS is no part of anything',
    talk: `
      C= ${HEADER}
      c= ${OURS('a.example')}${OFFER}
      C= ${STARTTLS}<auth>
      c= <failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>
      => end starttls-injection`,
  },
  {
    why: 'a line feed behind the request for TLS, as go-sendxmpp has it',
    talk: `
      C= ${HEADER}
      c= ${OURS('a.example')}${OFFER}
      C< ${Buffer.from(`${STARTTLS}\r\n`).toString('hex')} 16 03 01
      c= ${PROCEED}
      => tls 16 03 01
      TLS
      C= ${HEADER}
      s= ${HEADER}`,
  },
  {
    why: 'a line feed and plain text behind it',
    talk: `
      C= ${HEADER}
      c= ${OURS('a.example')}${OFFER}
      C< ${Buffer.from(`${STARTTLS}\n<auth>`).toString('hex')}
      c= <failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>
      => end starttls-injection`,
  },
  {
    why: 'nobody logs in before TLS',
    talk: `
      C= ${HEADER}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>
      c= ${OURS('a.example')}${OFFER}${error('policy-violation', 'TLS has to begin first')}
      => end not-the-protocol`,
  },
  {
    why: 'definitions of entities are no XMPP, RFC 6120 §11.1',
    talk: `
      C= <!DOCTYPE x [<!ENTITY a "b">]>
      c= ${OURS('gate.example')}${error('restricted-xml')}
      => end not-the-protocol`,
  },
  {
    why: 'a comment is no XMPP either',
    talk: `
      C= ${HEADER}<!-- x -->
      c= ${OURS('a.example')}${OFFER}${error('restricted-xml')}
      => end not-the-protocol`,
  },
  {
    why: 'a tag without an end',
    talk: `
      C= <stream:stream to='${'x'.repeat(8192)}
      c= ${OURS('gate.example')}${error('policy-violation')}
      => end line-too-long`,
  },
  {
    why: 'a name that could end an attribute is not said again',
    talk: `
      C= <stream:stream to="a'><x" version='1.0'>
      c= ${OURS('gate.example')}${error('not-well-formed')}
      => end not-the-protocol`,
  },
  { why: 'a hello where none is due', talk: `C< 16 03 01 00 05\n=> end not-the-protocol` },
  {
    why: 'a client that leaves before TLS',
    talk: `
      C= ${HEADER}</stream:stream>
      c= ${OURS('a.example')}${OFFER}</stream:stream>
      => end quit`,
  },
  {
    why: 'who is turned away hears so within TLS, and the server hears nothing',
    talk: `
      C= ${HEADER}${STARTTLS}
      c= ${OURS('a.example')}${OFFER}${PROCEED}
      => tls
      TLS
      AWAY Too <old>
      C= ${HEADER}
      c= ${OURS('a.example')}${error('policy-violation', 'Too &#60;old&#62;')}
      => end turned-away`,
  },
  {
    why: 'who is turned away with TLS from the start',
    options: { tls: 'begun' },
    talk: `
      AWAY Too old
      C= ${HEADER}
      c= ${OURS('a.example')}${error('policy-violation', 'Too old')}
      => end turned-away`,
  },
  {
    why: 'who comes too much hears so at once',
    options: { tls: 'none' },
    talk: `
      AWAY? Busy
      c= ${OURS('gate.example')}${error('resource-constraint', 'Busy')}
      => end turned-away`,
  },
  {
    why: 'a server that is lost in the middle',
    options: { tls: 'begun' },
    talk: `
      C= ${HEADER}
      s= ${HEADER}
      S= ${SERVER}
      c= ${SERVER}
      LOST
      c= ${error('remote-connection-failed', 'The server cannot be reached, try again later')}
      => end server-lost`,
  },
  {
    why: 'a server that was never there, where TLS is still to begin',
    talk: `
      C= ${HEADER}${STARTTLS}
      c= ${OURS('a.example')}${OFFER}${PROCEED}
      => tls
      LOST
      TLS
      C= ${HEADER}
      c= ${OURS('a.example')}${error('remote-connection-failed', 'The server cannot be reached, try again later')}
      => end server-lost`,
  },
  {
    why: 'a server that says something else first',
    options: { tls: 'begun' },
    talk: `
      S= <features/>
      c= ${OURS('gate.example')}${error('internal-server-error', 'The server cannot be understood, try again later')}
      => end server-misbehaves`,
  },
  {
    why: 'without TLS at all, no login is shown',
    options: { tls: 'none', hidesLogin: true },
    talk: `
      S= ${SERVER}<stream:features><mechanisms><mechanism>PLAIN</mechanism></mechanisms><starttls/><register/><ver/></stream:features>
      c= ${SERVER}<stream:features><ver/></stream:features>
      S= <iq id='1' type='result'><query xmlns='jabber:iq:auth'/></iq>
      c= <iq id='1' type='result'><query xmlns='jabber:iq:auth'/></iq>
      => copy`,
  },
  {
    why: 'a server of before XMPP has no features',
    options: { tls: 'begun' },
    talk: `
      S= <stream:stream id='1'><x/>
      c= <stream:stream id='1'><x/>
      => copy`,
  },
]

describeRelay('xmppRelay', xmppRelay, conversations, { floods: ['<x>', '<x/>', 'x', ' ', "<x a='"], beforeTls: /^$/ })

test('xmppServerRelay speaks of servers', () => {
  const { toClient } = xmppServerRelay(OPTIONS).fromClient(octets(HEADER))
  assert.equal(latin1(toClient ?? new Uint8Array()), OURS('a.example', 'jabber:server') + OFFER)
})

describe('XmlTokens', () => {
  const marks = fc.constantFrom('<', '>', '/', '"', "'", '=', '!', '?', ' ', 'a', 'x:b', '&', '[', '-', '\n')

  test('gives back what it was given, whatever that is and however it is cut, or says what is wrong', () => {
    fc.assert(
      fc.property(fc.array(marks, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (parts, size) => {
        const text = parts.join('')
        const all = (step: number): string => {
          const tokens = new XmlTokens(40)
          let given = ''
          for (let at = 0; at < text.length; at += step) {
            tokens.push(text.slice(at, at + step))
            for (let token = tokens.next(); token !== undefined; token = tokens.next()) {
              if (isXmlFlaw(token)) return `${given}|${token}`
              given += token.raw
            }
          }
          return given + tokens.take()
        }
        const whole = all(text.length || 1)
        assert.equal(all(size), whole)
        if (!whole.includes('|')) assert.equal(whole, text)
      }),
      { numRuns: 2000 },
    )
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDialect } from './laws.test.ts'
import { xmpp, xmppServer } from './xmpp.ts'

const OPEN = `C= <?xml version='1.0'?><stream:stream to='server.example' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`
const HEADER = `S= <?xml version='1.0'?><stream:stream from='im.example.com' id='t7AMCin9zjMNwQKDnplntZPIDEI=' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`
const ASK = "C= <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

describeDialect(xmpp, [
  {
    why: 'the example of RFC 6120 §9.1.1, TLS required',
    talk: `${OPEN}
           ${HEADER}
           S= <stream:features>
           S=   <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>
           S=     <required/>
           S=   </starttls>
           S= </stream:features>
           ${ASK}
           S= <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
    outcome: { kind: 'ready' },
    clear: {
      banner: 'im.example.com',
      capabilities: ['starttls required'],
      authBeforeTls: [],
      authComplete: true,
      starttls: 'offered',
    },
  },
  {
    why: 'log-ins before TLS of three generations, a > inside an attribute and one inside text, white space between elements',
    talk: `${OPEN}
           ${HEADER}
           S:
           S= <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>
           S= <mechanism>PLAIN</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms><c node="a > 'b'/>"/><d>x > y</d>
           S= <authentication xmlns='urn:xmpp:sasl:2'><mechanism>EXTERNAL</mechanism></authentication>
           S= <auth xmlns='http://jabber.org/features/iq-auth'/></stream:features>
           ${ASK}
           S= <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>`,
    outcome: { kind: 'ready' },
    clear: {
      capabilities: ['starttls', 'mechanisms', 'c', 'd', 'authentication', 'auth'],
      authBeforeTls: ['PLAIN', 'SCRAM-SHA-1', 'EXTERNAL', 'IQ-AUTH'],
    },
  },
  {
    why: 'no STARTTLS',
    talk: `${OPEN}
           ${HEADER}
           S= <stream:features><mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>`,
    outcome: { kind: 'not-offered', heard: 'features mechanisms' },
    clear: { starttls: 'missing', authBeforeTls: ['PLAIN'] },
  },
  {
    why: 'a server from before RFC 3920 §4.4 gives no version and no features',
    talk: `${OPEN}
           S= <stream:stream id='1' from='x'>`,
    outcome: { kind: 'not-offered', heard: "stream id='1' from='x'" },
  },
  {
    why: 'no such host, RFC 6120 §4.9.3.6',
    talk: `${OPEN}
           ${HEADER}
           S= <stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text>No, thanks</text></stream:error>`,
    outcome: { kind: 'refused', heard: 'error host-unknown No, thanks', temporary: false },
    clear: { starttls: 'unknown' },
  },
  {
    why: 'too busy, RFC 6120 §4.9.3.17, without even a header',
    talk: `${OPEN}
           S= <stream:error><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`,
    outcome: { kind: 'refused', heard: 'error resource-constraint', temporary: true },
  },
  {
    why: 'TLS fails at the server, RFC 6120 §5.4.2.2',
    talk: `${OPEN}
           ${HEADER}
           S= <stream:features><starttls/></stream:features>
           ${ASK}
           S= <failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
    outcome: { kind: 'refused', heard: 'failure', temporary: false },
    clear: { starttls: 'refused' },
  },
  {
    why: 'a stream that ends at once',
    talk: `${OPEN}
           ${HEADER}
           S= </stream:stream>`,
    outcome: { kind: 'refused', heard: '/stream', temporary: false },
  },
  {
    why: 'a mail server, which sends no >',
    talk: `${OPEN}
           S: 220 mail.example.net ESMTP`,
    outcome: { kind: 'wrong-protocol', heard: '220 mail.example.net ESMTP' },
  },
  {
    why: 'a web page',
    talk: `${OPEN}
           S= <html><body>Bad Request</body></html>`,
    outcome: { kind: 'wrong-protocol', heard: 'html body\nbody=Bad Request' },
  },
  {
    why: 'a document type, which RFC 6120 §11.1 forbids',
    talk: `${OPEN}
           S= <!DOCTYPE html>`,
    outcome: { kind: 'wrong-protocol', heard: '<!DOCTYPE html>' },
  },
  {
    why: 'a nest deeper than any stream feature',
    talk: `${OPEN}
           S= ${'<a>'.repeat(18)}`,
    outcome: { kind: 'wrong-protocol', heard: '<a>'.repeat(18) },
  },
])

describeDialect(xmppServer, [
  {
    why: 'servers name both ends, RFC 6120 §4.7.1',
    talk: `C= <?xml version='1.0'?><stream:stream from='client.example' to='server.example' xmlns='jabber:server' xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>
           S= <stream:stream xmlns='jabber:server' version='1.0'>
           S= <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>
           ${ASK}
           S= <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
    outcome: { kind: 'ready' },
    clear: { capabilities: ['starttls', 'dialback'] },
  },
])

test('an answer to the smuggled stream header is told from silence', () => {
  assert.equal(xmpp.injection?.answered("<?xml version='1.0'?><stream:stream>"), true)
  assert.equal(xmppServer.injection?.answered(''), false)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { irc } from './irc.ts'
import { describeDialect } from './laws.test.ts'

describeDialect(irc, [
  {
    why: 'notices first, a list in two lines, a question for our life, and the go-ahead of the IRCv3 tls extension',
    talk: `C: CAP LS 302
           S: :irc.example.net NOTICE AUTH :*** Looking up your hostname...
           S: :irc.example.net CAP * LS * :multi-prefix sasl=PLAIN,EXTERNAL
           S: :irc.example.net CAP * LS :sts=port=6697 tls
           C: STARTTLS
           S: PING :42
           C: PONG :42
           S: :irc.example.net 670 * :STARTTLS successful, go ahead with TLS handshake`,
    outcome: { kind: 'ready' },
    clear: {
      banner: 'AUTH :*** Looking up your hostname...',
      capabilities: ['multi-prefix', 'sasl=PLAIN,EXTERNAL', 'sts=port=6697', 'tls'],
      authBeforeTls: ['PLAIN', 'EXTERNAL'],
      authComplete: false,
      starttls: 'offered',
    },
  },
  {
    why: 'sasl without a list, and no tls',
    talk: `C: CAP LS 302
           S: :s CAP * LS :sasl multi-prefix`,
    outcome: { kind: 'not-offered', heard: 'CAP * LS :sasl multi-prefix' },
    clear: { authBeforeTls: ['SASL'], starttls: 'missing' },
  },
  {
    why: 'a server that does not know CAP may know STARTTLS',
    talk: `C: CAP LS 302
           S: :s 421 * CAP :Unknown command
           C: STARTTLS
           S: :s 670 * :go`,
    outcome: { kind: 'ready' },
  },
  {
    why: 'or not',
    talk: `C: CAP LS 302
           S: :s 451 * :You have not registered
           C: STARTTLS
           S: :s 451 * :You have not registered`,
    outcome: { kind: 'not-offered', heard: '451 * :You have not registered' },
  },
  {
    why: 'announced and refused',
    talk: `C: CAP LS 302
           S: :s CAP * LS :tls
           C: STARTTLS
           S: :s 691 * :STARTTLS failure`,
    outcome: { kind: 'refused', heard: '691 * :STARTTLS failure', temporary: false },
    clear: { starttls: 'refused' },
  },
  {
    why: 'throttled',
    talk: `C: CAP LS 302
           S: ERROR :Closing Link: [192.0.2.1] (Throttled: Reconnecting too fast)`,
    outcome: { kind: 'refused', heard: 'ERROR :Closing Link: [192.0.2.1] (Throttled: Reconnecting too fast)', temporary: true },
  },
  {
    why: 'SMTP speaks here: numbers have a prefix in IRC, RFC 2812 §2.4',
    talk: `C: CAP LS 302
           S: 220 mail.example.net ESMTP`,
    outcome: { kind: 'wrong-protocol', heard: '220 mail.example.net ESMTP' },
  },
])

test('an answer to the smuggled PING is told from notices', () => {
  assert.equal(irc.injection?.answered(':s PONG s :postern-behind-starttls\r\n'), true)
  assert.equal(irc.injection?.answered(':s 451 * :You have not registered\r\n'), true)
  assert.equal(irc.injection?.answered(':s NOTICE AUTH :*** hello\r\n'), false)
})

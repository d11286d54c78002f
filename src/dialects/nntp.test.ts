import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDialect } from './laws.test.ts'
import { nntp } from './nntp.ts'

describeDialect(nntp, [
  {
    why: 'the example of RFC 4642 §2.2.3, with log-ins of RFC 4643 §2.1',
    talk: `S: 200 news.example.com ready
           C: CAPABILITIES
           S: 101 Capability list:
           S: VERSION 2
           S: READER
           S: AUTHINFO USER SASL
           S: SASL PLAIN DIGEST-MD5
           S: STARTTLS
           S: ..x
           S: .
           C: STARTTLS
           S: 382 Continue with TLS negotiation`,
    outcome: { kind: 'ready' },
    clear: {
      banner: 'news.example.com ready',
      capabilities: ['VERSION 2', 'READER', 'AUTHINFO USER SASL', 'SASL PLAIN DIGEST-MD5', 'STARTTLS', '.x'],
      authBeforeTls: ['USER', 'PLAIN', 'DIGEST-MD5'],
      authComplete: true,
    },
  },
  {
    why: 'a mode-switching server, RFC 3977 §3.4.2',
    talk: `S: 201 posting prohibited
           C: CAPABILITIES
           S: 101 list
           S: VERSION 2
           S: MODE-READER
           S: .
           C: MODE READER
           S: 200 reader
           C: CAPABILITIES
           S: 101 list
           S: STARTTLS
           S: .
           C: STARTTLS
           S: 382 go`,
    outcome: { kind: 'ready' },
    clear: { capabilities: ['STARTTLS'], authBeforeTls: [] },
  },
  {
    why: 'no readers wanted',
    talk: `S: 200 a
           C: CAPABILITIES
           S: 101 list
           S: MODE-READER
           S: .
           C: MODE READER
           S: 502 Reading service permanently unavailable`,
    outcome: { kind: 'refused', heard: '502 Reading service permanently unavailable', temporary: false },
  },
  {
    why: 'no STARTTLS',
    talk: `S: 200 a
           C: CAPABILITIES
           S: 101 list
           S: VERSION 2
           S: .`,
    outcome: { kind: 'not-offered', heard: '101 list\nVERSION 2' },
    clear: { starttls: 'missing' },
  },
  {
    why: 'a server from before RFC 3977 §5.2 may know STARTTLS',
    talk: `S: 200 a
           C: CAPABILITIES
           S: 500 What?
           C: STARTTLS
           S: 382 go`,
    outcome: { kind: 'ready' },
    clear: { authComplete: false },
  },
  {
    why: 'or not',
    talk: `S: 200 a
           C: CAPABILITIES
           S: 500 What?
           C: STARTTLS
           S: 500 What?`,
    outcome: { kind: 'not-offered', heard: '500 What?' },
  },
  {
    why: 'announced and refused, RFC 4642 §2.2.1',
    talk: `S: 200 a
           C: CAPABILITIES
           S: 101 list
           S: STARTTLS
           S: .
           C: STARTTLS
           S: 580 Can not initiate TLS negotiation`,
    outcome: { kind: 'refused', heard: '580 Can not initiate TLS negotiation', temporary: false },
    clear: { starttls: 'refused' },
  },
  {
    why: 'not now, RFC 3977 §5.1',
    talk: 'S: 400 too busy',
    outcome: { kind: 'refused', heard: '400 too busy', temporary: true },
  },
  {
    why: 'not now, in the middle',
    talk: `S: 200 a
           C: CAPABILITIES
           S: 400 shutting down`,
    outcome: { kind: 'refused', heard: '400 shutting down', temporary: true },
  },
  { why: 'never', talk: 'S: 502 no', outcome: { kind: 'refused', heard: '502 no', temporary: false } },
  { why: 'SMTP speaks here', talk: 'S: 220 a ESMTP', outcome: { kind: 'wrong-protocol', heard: '220 a ESMTP' } },
  { why: 'IMAP speaks here', talk: 'S: * OK', outcome: { kind: 'wrong-protocol', heard: '* OK' } },
])

test('an answer to the smuggled DATE is told from silence', () => {
  assert.equal(nntp.injection?.answered('111 20260101000000\r\n'), true)
  assert.equal(nntp.injection?.answered(''), false)
})

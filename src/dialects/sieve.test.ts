import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDialect } from './laws.test.ts'
import { sieve } from './sieve.ts'

describeDialect(sieve, [
  {
    why: 'the greeting of RFC 5804 §1.7 and the example of §2.2, words in any case',
    talk: `S: "IMPlemENTATION" "Example1 ManageSieved v001"
           S: "SASl" "DIGEST-MD5 GSSAPI"
           S: "SIeVE" "fileinto vacation"
           S: "StaRTTLS"
           S: "VERSION" "1.0"
           S: OK
           C: STARTTLS
           S: oK`,
    outcome: { kind: 'ready' },
    clear: {
      banner: 'Example1 ManageSieved v001',
      capabilities: [
        'IMPlemENTATION Example1 ManageSieved v001',
        'SASl DIGEST-MD5 GSSAPI',
        'SIeVE fileinto vacation',
        'StaRTTLS',
        'VERSION 1.0',
      ],
      authBeforeTls: ['DIGEST-MD5', 'GSSAPI'],
      authComplete: true,
      starttls: 'offered',
    },
  },
  {
    why: 'literals and quoted pairs, one of them with an OK inside, RFC 5804 §4',
    talk: `S: "IMPLEMENTATION" {12}
           S: a "b"
           S: OK c\\
           S: "SASL" ""
           S: "NOTE" "say \\"\\\\\\" twice"
           S: "STARTTLS"
           S: OK "ready"
           C: STARTTLS
           S: OK "Begin TLS negotiation now."`,
    outcome: { kind: 'ready' },
    clear: { banner: 'a "b"\\x0d\nOK c\\', authBeforeTls: [] },
  },
  {
    why: 'no STARTTLS',
    talk: `S: "IMPLEMENTATION" "x"
           S: "SASL" "PLAIN"
           S: OK "hello"`,
    outcome: { kind: 'not-offered', heard: 'OK IMPLEMENTATION x\nSASL PLAIN\n"hello"' },
    clear: { starttls: 'missing', authBeforeTls: ['PLAIN'] },
  },
  {
    why: 'BYE in place of a greeting',
    talk: 'S: BYE "Too many connections"',
    outcome: { kind: 'refused', heard: 'BYE "Too many connections"', temporary: true },
    clear: { banner: '"Too many connections"' },
  },
  {
    why: 'a referral is for good, RFC 5804 §1.3',
    talk: 'S: BYE (REFERRAL "sieve://sieve.example.com") "Elsewhere"',
    outcome: { kind: 'refused', heard: 'BYE (REFERRAL "sieve://sieve.example.com") "Elsewhere"', temporary: false },
  },
  {
    why: 'a passing failure',
    talk: `S: "STARTTLS"
           S: OK
           C: STARTTLS
           S: NO (TRYLATER) "no entropy"`,
    outcome: { kind: 'refused', heard: 'NO (TRYLATER) "no entropy"', temporary: true },
  },
  {
    why: 'announced and refused',
    talk: `S: "STARTTLS"
           S: OK
           C: STARTTLS
           S: NO "TLS is already active."`,
    outcome: { kind: 'refused', heard: 'NO "TLS is already active."', temporary: false },
    clear: { starttls: 'refused' },
  },
  { why: 'IMAP speaks here', talk: 'S: * OK ready', outcome: { kind: 'wrong-protocol', heard: '* OK ready' } },
])

test('the smuggled NOOP is told from the capabilities that come unasked', () => {
  const unasked = '"IMPLEMENTATION" "x"\r\n"SASL" "PLAIN"\r\nOK "TLS negotiation successful."\r\n'
  assert.equal(sieve.injection?.answered(unasked), false)
  assert.equal(sieve.injection?.answered(`${unasked}OK (TAG "postern-behind-starttls") "Done"\r\n`), true)
  assert.equal(sieve.injection?.answered(`${unasked}OK (TAG {23}\r\npostern-behind-starttls)\r\n`), true)
  assert.equal(sieve.injection?.answered(`${unasked}NO "Unknown command"\r\n`), true)
})

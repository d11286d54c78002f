import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ftp } from './ftp.ts'
import { describeDialect } from './laws.test.ts'
import { Opening } from './opening.ts'

describeDialect(ftp, [
  {
    why: 'FEAT of RFC 4217 §6 and AUTH TLS of §4.1',
    talk: `S: 220 Service ready
           C: FEAT
           S: 211-Extensions supported
           S:  AUTH TLS
           S:  PBSZ
           S:  PROT
           S: 211 END
           C: AUTH TLS
           S: 234 Security data exchange complete`,
    outcome: { kind: 'ready' },
    clear: {
      banner: 'Service ready',
      capabilities: ['AUTH TLS', 'PBSZ', 'PROT'],
      starttls: 'offered',
      authBeforeTls: [],
      authComplete: false,
    },
  },
  {
    why: 'lines inside a reply may begin with numbers, RFC 959 §4.2, and 120 comes before 220, §5.4',
    talk: `S: 120 Service ready in 1 minutes
           S: 220-First line
           S: Second line
           S:   234 A line beginning with numbers
           S: 220-220 not yet
           S: 220 The last line
           C: FEAT
           S: 530 Please login with USER and PASS.
           C: AUTH TLS
           S: 234 Proceed with negotiation.`,
    outcome: { kind: 'ready' },
    clear: { banner: 'First line\nSecond line\n  234 A line beginning with numbers\n220-220 not yet\nThe last line', capabilities: [] },
  },
  {
    why: 'AUTH SSL where AUTH TLS is not known, and 334 where 234 was meant',
    talk: `S: 220 a
           C: FEAT
           S: 500 unknown
           C: AUTH TLS
           S: 504 Unknown security mechanism
           C: AUTH SSL
           S: 334 SSL`,
    outcome: { kind: 'ready' },
  },
  {
    why: 'neither is known',
    talk: `S: 220 a
           C: FEAT
           S: 211-Features:
           S:  MDTM
           S: 211 End
           C: AUTH TLS
           S: 530 Please login with USER and PASS.
           C: AUTH SSL
           S: 530 Please login with USER and PASS.`,
    outcome: { kind: 'not-offered', heard: '530 Please login with USER and PASS.' },
    clear: { starttls: 'missing', capabilities: ['MDTM'] },
  },
  {
    why: 'announced, in the words of ProFTPD, and refused',
    talk: `S: 220 a
           C: FEAT
           S: 211-Features:
           S:  AUTH TLS;SSL;
           S: 211 End
           C: AUTH TLS
           S: 534 denied
           C: AUTH SSL
           S: 534 denied`,
    outcome: { kind: 'refused', heard: '534 denied', temporary: false },
    clear: { starttls: 'refused' },
  },
  {
    why: 'a resource is missing for now, RFC 2228 §3: AUTH SSL would not help',
    talk: `S: 220 a
           C: FEAT
           S: 502 no
           C: AUTH TLS
           S: 431 Need some unavailable resource to process security.`,
    outcome: { kind: 'refused', heard: '431 Need some unavailable resource to process security.', temporary: true },
  },
  {
    why: 'too many connections',
    talk: 'S: 421 There are too many connected users, please try later.',
    outcome: { kind: 'refused', heard: '421 There are too many connected users, please try later.', temporary: true },
  },
  {
    why: 'out of patience in the middle',
    talk: `S: 220 a
           C: FEAT
           S: 421 Timeout.`,
    outcome: { kind: 'refused', heard: '421 Timeout.', temporary: true },
  },
  {
    why: 'vsftpd with a broken configuration',
    talk: 'S: 500 OOPS: SSL: cannot load RSA certificate',
    outcome: { kind: 'refused', heard: '500 OOPS: SSL: cannot load RSA certificate', temporary: false },
  },
  { why: 'NNTP speaks here', talk: 'S: 200 news.example.net', outcome: { kind: 'wrong-protocol', heard: '200 news.example.net' } },
  { why: 'SSH speaks here', talk: 'S: SSH-2.0-OpenSSH_9.2', outcome: { kind: 'wrong-protocol', heard: 'SSH-2.0-OpenSSH_9.2' } },
])

test('the smuggled command is sent once: its own answer must not pass for an answer to AUTH SSL', () => {
  const opening = new Opening(ftp, { clientName: 'c', serverName: 's', smuggle: true })
  opening.start()
  opening.push(Buffer.from('220 a\r\n'))
  assert.equal(opening.push(Buffer.from('211 no features\r\n')).send, 'AUTH TLS\r\nNOOP\r\n')
  assert.equal(opening.push(Buffer.from('504 no\r\n234 fine\r\n')).send, '')
  assert.deepEqual(opening.outcome, { kind: 'refused', heard: '504 no', temporary: false })
  assert.equal(ftp.injection?.answered('200 NOOP ok.\r\n'), true)
  assert.equal(ftp.injection?.answered(''), false)
})

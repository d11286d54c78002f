import { describeDialect } from './laws.test.ts'
import { mysql } from './mysql.ts'

// The handshake of a server "8.0.36": thread 8, scramble, capability flags, character set, status, plugin.
const version = '38 2e 30 2e 33 36 00'
const before = '08 00 00 00 01 02 03 04 05 06 07 08 00'
const after = 'ff 02 00 ff df 15 00 00 00 00 00 00 00 00 00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 00 6d 00'

describeDialect(mysql, [
  {
    why: 'a handshake with CLIENT_SSL: the SSL request has no answer',
    talk: `S< 36 00 00 00 0a ${version} ${before} ff ff ${after}
           C< 20 00 00 01 01 8a 08 00 00 00 00 01 2d ${'00 '.repeat(23)}`,
    outcome: { kind: 'ready' },
    clear: { banner: '8.0.36', capabilities: ['CLIENT_SSL'], starttls: 'offered', authComplete: false },
  },
  {
    why: 'a handshake without CLIENT_SSL',
    talk: `S< 36 00 00 00 0a ${version} ${before} ff f7 ${after}`,
    outcome: { kind: 'not-offered', heard: '8.0.36 without CLIENT_SSL' },
    clear: { banner: '8.0.36', starttls: 'missing' },
  },
  {
    why: 'too many connections',
    talk: 'S< 17 00 00 00 ff 10 04 54 6f 6f 20 6d 61 6e 79 20 63 6f 6e 6e 65 63 74 69 6f 6e 73',
    outcome: { kind: 'refused', heard: '1040 Too many connections', temporary: true },
  },
  {
    why: 'a host that is not allowed, with an SQL state',
    talk: 'S< 0f 00 00 00 ff 6a 04 23 48 59 30 30 30 48 6f 73 74 2e 2e',
    outcome: { kind: 'refused', heard: '1130 Host..', temporary: false },
  },
  { why: 'a web server', talk: 'S: HTTP/1.1 400 Bad Request', outcome: { kind: 'wrong-protocol', heard: 'HTTP/1.1 400 Bad Request' } },
  {
    why: 'a handshake without an end of its version',
    talk: 'S< 04 00 00 00 0a 38 2e 30',
    outcome: { kind: 'wrong-protocol', heard: '\\x04\\x00\\x00\\x00' },
  },
  {
    why: 'a handshake of protocol 9, which knows no TLS and is spoken no more',
    talk: `S< 15 00 00 00 09 ${version} ${before}`,
    outcome: {
      kind: 'wrong-protocol',
      heard: '\\x15\\x00\\x00\\x00\\x098.0.36\\x00\\x08\\x00\\x00\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x00',
    },
  },
])

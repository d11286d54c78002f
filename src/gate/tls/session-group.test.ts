import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { sessionGroup } from './session-group.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
/** SSL_SESSION up to its master key: version 1, TLS 1.2, a suite, a session id, a key. */
const BEGIN = '020101 02020303 0402c02f 0401aa 0402bbcc'
const wrap = (text: string): Buffer => Buffer.concat([Buffer.from([0x30, hex(text).length]), hex(text)])

describe('sessionGroup()', () => {
  const rows = [
    [wrap(`${BEGIN} b303 02011d`), 'x25519', 'a group of one octet'],
    [wrap(`${BEGIN} b304 02020100`), 'ffdhe2048', 'one of two octets'],
    [wrap(`${BEGIN} b304 020211ec`), 'X25519MLKEM768', 'a hybrid one'],
    [wrap(`${BEGIN} b305 020300feff`), '0xfeff', 'one that nobody has named'],
    [wrap(`${BEGIN} a104 02020100 b303 020118`), 'secp384r1', 'behind another field'],
    [wrap(`${BEGIN} b303 020100`), undefined, 'no group, as with RSA key exchange'],
    [wrap(BEGIN), undefined, 'no such field'],
    [wrap(`${BEGIN} b303 04011d`), undefined, 'another type'],
    [hex('308200'), undefined, 'half a length'],
    [hex('3088ffffffffffffffff'), undefined, 'a length that nobody has'],
    [hex(''), undefined, 'nothing'],
  ] as const
  for (const [session, group, why] of rows) test(`reads ${why}`, () => assert.equal(sessionGroup(session), group))

  test('takes a session whose length takes two octets', () => {
    const long = `${BEGIN} 048180${'00'.repeat(128)} b303 02011d`
    assert.equal(sessionGroup(Buffer.concat([Buffer.from([0x30, 0x81, hex(long).length]), hex(long)])), 'x25519')
  })

  test('throws for no bytes whatever', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void sessionGroup(bytes)))
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void sessionGroup(Uint8Array.of(0x30, bytes.length, ...bytes))))
  })
})

import assert from 'node:assert/strict'
import { checkRows, type Check } from './checked.ts'
import { Content, TLS12 } from './numbers.ts'
import { records, serverHelloOf } from './raw-client.ts'
import { BEAST } from './rows-beast.ts'
import { dial, hear, tap } from './tls-client.ts'
import { offer, once } from './walk.ts'

/** With AES and SHA-1, as many bytes as a protected record of this much data has. */
const sealed = (data: number): number => Math.ceil((data + 21) / 16) * 16

/** Lengths of the application data records for a greeting of 27 bytes and a reply of 14, or for an answer of HTTP. */
async function lengths(port: number, commands: string, last: RegExp): Promise<number[]> {
  const wire = await tap(port)
  const socket = await dial(wire.port, { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'AES128-SHA:@SECLEVEL=0' })
  socket.write(commands)
  await hear(socket, last)
  socket.destroy()
  wire.stop()
  return records(wire.heard())
    .filter((one) => one.type === Content.application)
    .map((one) => one.fragment.length)
}

const smtp =
  (...data: readonly number[]): Check =>
  async (port) =>
    assert.deepEqual(await lengths(port, 'NOOP\r\n', /250 /), data.map(sealed))

checkRows('BEAST', BEAST, {
  'cbc-unsplit': smtp(27, 14),
  'cbc-one-and-rest': smtp(1, 26, 1, 13),
  'cbc-empty-first': smtp(0, 27, 0, 14),
  'cbc-one-and-rest-but-first': smtp(27, 1, 13),
  'cbc-http-unsplit': async (port) => {
    const found = await lengths(port, 'GET / HTTP/1.0\r\n\r\n', /hostile\n/)
    assert.equal(found.length, 2)
    assert.ok(found[0]! > sealed(50))
  },
  'cbc-tls12-only': async (port) => assert.equal(serverHelloOf(await once(port, offer(TLS12, { suites: [0x002f] }))).version, TLS12),
})

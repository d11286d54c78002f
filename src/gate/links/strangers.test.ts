import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { Strangers } from './strangers.ts'

type Comes = (from: string) => Promise<{ readonly enters: boolean; readonly socket: Socket }>

/** Connections that come from wherever a test says. */
async function doorFor(t: TestContext, strangers: Strangers): Promise<Comes> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const ends: Socket[] = []
  t.after(() => {
    for (const end of ends) end.destroy()
    server.close()
  })
  return async (from) => {
    const came = once(server, 'connection') as Promise<[Socket]>
    const end = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [socket] = await came
    ends.push(end, socket)
    return { enters: strangers.enter(socket, from), socket }
  }
}

test('a stranger with a whole network in IPv6 takes no more room than one with an address', async (t) => {
  const strangers = new Strangers()
  const comes = await doorFor(t, strangers)
  const first = await comes('2001:db8::1')
  for (let number = 2; number <= 32; number++) assert.equal((await comes(`2001:db8::${number}`)).enters, true)
  assert.equal((await comes('2001:db8::ff:1')).enters, false)
  assert.equal((await comes('2001:db8:0:1::1')).enters, true)
  first.socket.destroy()
  await once(first.socket, 'close')
  assert.equal((await comes('2001:db8::ff:1')).enters, true, 'one of them has gone')
})

test('an inside dials anew while as many strangers wait as may', async (t) => {
  const strangers = new Strangers()
  const comes = await doorFor(t, strangers)
  const inside = await comes('192.0.2.1')
  assert.equal(inside.enters, true)
  strangers.know(inside.socket)
  for (let number = 0; number < 512; number++) assert.equal((await comes(`198.51.100.${number % 16}`)).enters, true)
  assert.equal((await comes('203.0.113.1')).enters, false, 'another stranger')
  assert.equal((await comes('192.0.2.1')).enters, true)
})

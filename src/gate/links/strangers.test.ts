import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { Strangers } from './strangers.ts'

test('a stranger with a whole network in IPv6 takes no more room than one with an address', async (t) => {
  const strangers = new Strangers()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const ends: Socket[] = []
  t.after(() => {
    for (const end of ends) end.destroy()
    server.close()
  })
  const comes = async (from: string): Promise<boolean> => {
    const came = once(server, 'connection') as Promise<[Socket]>
    ends.push(connect((server.address() as AddressInfo).port, '127.0.0.1'))
    const [socket] = await came
    ends.push(socket)
    return strangers.enter(socket, from)
  }
  for (let number = 1; number <= 32; number++) assert.equal(await comes(`2001:db8::${number}`), true)
  assert.equal(await comes('2001:db8::ff:1'), false)
  assert.equal(await comes('2001:db8:0:1::1'), true)
  ends[1]?.destroy()
  if (ends[1] !== undefined) await once(ends[1], 'close')
  assert.equal(await comes('2001:db8::ff:1'), true, 'one of them has gone')
})

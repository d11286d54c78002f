import assert from 'node:assert/strict'
import type { Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { reset } from '../../src/gate/closing.ts'
import { broken, echoed, QUICK, startEnds } from './link-ends.ts'

describe('a link over a bad network', () => {
  test('half-open: both ends give it up, no stream hangs, and it stands again as soon as the network does', async (t) => {
    const { road, join, dial, reach, stand, told } = await startEnds(t, { liveness: QUICK })
    dial(await join('office'))
    await stand(1)
    const stream = await reach()
    await echoed(stream, 'here')
    const end = broken(stream)
    road.stop()
    assert.match(await end, /^Cannot reach office over its link: the link was lost$/)
    await stand(0)
    await assert.rejects(reach(), { code: 'GATE_LINK', message: 'Cannot reach office over its link: no link stands' })
    road.go()
    road.cut()
    await stand(1)
    await echoed(await reach(), 'again')
    assert.deepEqual([told[0], told.at(-1)], ['The link edge stands.', 'The link edge stands.'])
  })

  test('cut: every stream breaks as one that has not said all, and clients that come then find the next link', async (t) => {
    const { road, join, dial, reach, stand } = await startEnds(t)
    dial(await join('office'))
    await stand(1)
    const streams = await Promise.all(Array.from({ length: 20 }, () => reach()))
    await Promise.all(streams.map((stream) => echoed(stream, 'here')))
    const ends = streams.map((stream) => broken(stream))
    road.cut()
    for (const why of await Promise.all(ends)) assert.match(why, /the link was lost/)
    await stand(1)
    await echoed(await reach(), 'again')
  })

  test('slow, and busy: nothing is given up as long as octets come', async (t) => {
    const { road, join, dial, reach, stand, pool } = await startEnds(t, { liveness: { look: 40, looks: 25 } })
    const file = await join('office')
    road.delay(90)
    dial(file)
    await stand(1)
    const [link] = pool.links
    await echoed(await reach(), 'x'.repeat(200_000))
    // Longer than a link is silent before it is given up.
    await delay(1300)
    assert.equal(pool.links[0], link)
  })

  test('an inside that comes back before the gate has seen that it is gone takes its own place', async (t) => {
    const { road, join, dial, reach, stand, pool } = await startEnds(t)
    const dialler = dial(await join('office'))
    await stand(1)
    const [before] = pool.links
    const end = broken(await reach())
    // The gate hears nothing of the end of what lies on the road.
    road.stop()
    for (const link of dialler.links) link.end()
    road.go()
    while (pool.links[0] === before) await delay(5)
    await end
    await stand(1)
  })
})

describe('streams of one link', () => {
  test('one client that reads nothing stalls no other, and leaves no more than its window lying', async (t) => {
    const { join, dial, reach, stand, offers } = await startEnds(t)
    let [sent, full] = [0, false]
    const flood = (client: Duplex): void => {
      const more = (): void => {
        while (sent < 50_000_000) {
          sent += 65_536
          if (!client.write(Buffer.alloc(65_536))) return void client.once('drain', more)
        }
        full = true
      }
      more()
    }
    offers.add('edge', 'flood', {
      meet: (client, _facts, answer) => {
        answer(true)
        flood(client)
      },
    })
    dial(await join('office'))
    await stand(1)
    const slow = await reach('flood')
    slow.pause()
    const other = await reach()
    for (let count = 0; count < 50; count++) await echoed(other, 'y'.repeat(20_000))
    await delay(100)
    assert.equal(full, false)
    assert.ok(sent < 2_500_000, `${sent} octets were taken of whom nobody reads`)
    slow.destroy()
    await echoed(other, 'still here')
  })

  test('2,000 at once, each with its own words, and the end of each is told', async (t) => {
    const { join, dial, reach, stand, pool } = await startEnds(t)
    dial(await join('office'))
    await stand(1)
    const streams = await Promise.all(Array.from({ length: 2000 }, () => reach()))
    const [link] = pool.links
    assert.equal(link?.streams, 2000)
    await Promise.all(streams.map((stream, index) => echoed(stream, `number ${index}`)))
    const ends = streams.map((stream) => new Promise((resolve) => void stream.once('end', resolve).resume().end()))
    await Promise.all(ends)
    while (pool.links.some((one) => one.streams > 0)) await delay(5)
  })

  test('clients that break off by the thousand end no link', async (t) => {
    const { join, dial, reach, stand, pool } = await startEnds(t)
    dial(await join('office'))
    await stand(1)
    const [link] = pool.links
    for (let round = 0; round < 15; round++) {
      const streams = await Promise.all(Array.from({ length: 200 }, () => reach()))
      for (const stream of streams) reset(stream)
    }
    await echoed(await reach(), 'here')
    assert.equal(pool.links[0], link)
  })

  test('an end is an end, and a break is none', async (t) => {
    const { join, dial, reach, stand, offers } = await startEnds(t)
    const rows = [
      ['ends', (client: Duplex) => void client.end('all'), 'closed without an error'],
      [
        'breaks',
        (client: Duplex) => void client.write('half', () => reset(client)),
        'Stream closed with error code NGHTTP2_INTERNAL_ERROR',
      ],
    ] as const
    for (const [service, does] of rows)
      offers.add('edge', service, {
        meet: (client, _facts, answer) => {
          answer(true)
          does(client)
        },
      })
    dial(await join('office'))
    await stand(1)
    for (const [service, , why] of rows) assert.equal(await broken(await reach(service)), why, service)
  })
})

import assert from 'node:assert/strict'
import { before, describe, test, type TestContext } from 'node:test'
import { decode, encode, type Answer } from 'dns-packet'
import type { Onward } from '../../../src/gate/outlet/onward.ts'
import { startGate, type Gated } from '../gated.ts'
import { liar } from '../names/liar.ts'
import { NEEDS_ZONES } from '../names/zones.ts'
import { lasting } from '../programs.ts'
import { startDestination, type Manners } from './destination.ts'
import { mailsIn, RowsWorld, startOutlets, startWires, testRows, type Servers, type Wires } from './rows-world.ts'
import { ADDRESSES, type Kind } from './rows.ts'
import { SENT, sendTo } from './sending-to.ts'

describe('mail goes as policies want it, or not', { skip: NEEDS_ZONES }, () => {
  const world = new RowsWorld()
  const t = lasting()
  const { good, expired, selfmade, misnamed } = world.leaves
  const manners: Readonly<Record<Kind, Manners>> = {
    good: { made: good },
    expired: { made: expired },
    selfmade: { made: selfmade },
    misnamed: { made: misnamed },
    none: {},
    old: { made: good, version: 'TLSv1' },
    requiring: { made: good, keywords: ['PIPELINING', 'REQUIRETLS'] },
  }
  let gated: Gated
  let wires: Wires
  before(async () => {
    const kinds = Object.entries(manners)
    const ports = await Promise.all(kinds.map(async ([kind, one]) => [kind, (await startDestination(one, t)).port] as const))
    wires = await startWires(Object.fromEntries(ports) as Servers, t)
    gated = await startOutlets(world.resolver, t)
  })

  testRows(world, Object.keys(manners) as Kind[], () => ({ gated, wires }))

  /** An outlet with these words. Gives how it sends to a row’s domain: the reply, and the last mail host that was tried. */
  async function outlet(words: object, context: Pick<TestContext, 'after'>) {
    const service = { dialect: 'smtp', tls: 'none', outlet: { resolver: world.resolver, mailHostsHere: 'allow', ...words } }
    const own = await startGate({ services: { out: service } }, context)
    return async (label: string, content = 'x\r\n'): Promise<{ readonly said: string; readonly last: Onward | undefined }> => {
      const said = await sendTo(own.port('out'), content, `b@${label}.d.rows.example`)
      return { said, last: (await own.record()).onward?.at(-1) }
    }
  }

  /** Somebody comes between a mail host and its clients, for as long as the work takes. */
  async function stripping<T>(kind: Kind, work: () => Promise<T>): Promise<T> {
    const wire = wires.get(kind)!
    wire.manners = 'strips'
    try {
      return await work()
    } finally {
      wire.manners = 'honest'
    }
  }

  test('a policy of MTA-STS that was had holds while its site is down, over a restart, and against who strips STARTTLS', async (context) => {
    const state = { state: world.state }
    const first = await outlet(state, context)
    assert.equal((await first('sts-good')).last?.tls?.checked, 'authority')
    world.sites.down = true
    try {
      assert.equal((await first('sts-good')).last?.tls?.checked, 'authority')
      await stripping('good', async () => {
        assert.match((await first('sts-good')).said, /^451 4\.7\.4 .* offers no STARTTLS/)
        const restarted = await outlet(state, context)
        assert.match((await restarted('sts-good')).said, /^451 4\.7\.4 .* offers no STARTTLS/)
        const without = await outlet({}, context)
        assert.deepEqual([(await without('sts-good')).last?.tls], [undefined], 'or there would be nothing to remember')
      })
    } finally {
      world.sites.down = false
    }
  })

  test('a mail host at an address of this machine is none, unless the configuration wants it', async (context) => {
    const send = await outlet({ mailHostsHere: 'refuse' }, context)
    const { said, last } = await send('opportunistic')
    assert.match(said, /^554 5\.4\.6 mx-opportunistic\.rows\.example \[127\.[\d.]+\] is this machine itself, and mail would go round: /)
    assert.equal(last, undefined, 'nobody connects')
  })

  const optional: readonly (readonly [why: string, label: string, becomes: 'plain' | 'tls' | RegExp, words?: object])[] = [
    ['where STARTTLS is not offered', 'ee-none', 'plain'],
    ['in a TLS with anybody, if there is one', 'ee-wrong', 'tls'],
    ['whatever MTA-STS says of the certificate', 'sts-expired', 'tls'],
    ['and of the host', 'sts-mx', 'tls'],
    ['but not where the configuration wants TLS', 'ee-none', /^451 4\.7\.4 .* tls: required of services\.out\.outlet/, { tls: 'required' }],
    ['nor where it wants DANE', 'ee-none', /^451 4\.7\.4 .* TLSA records of /, { tls: 'dane' }],
  ]
  for (const [why, label, becomes, words = {}] of optional)
    test(`a message with TLS-Required: No goes ${why}: ${label}`, async (context) => {
      const send = await outlet(words, context)
      const before = mailsIn(wires)
      const { said, last } = await send(label, 'TLS-Required: No\r\n\r\nx\r\n')
      const goes = !(becomes instanceof RegExp)
      assert.match(said, goes ? SENT : becomes)
      assert.equal(mailsIn(wires) - before, becomes === 'plain' ? 1 : 0)
      if (!goes) return
      assert.deepEqual(
        [last?.tls?.checked, last?.demand],
        [becomes === 'tls' ? 'none' : undefined, 'tls: opportunistic of services.out.outlet, with TLS-Required: No of the message'],
      )
    })

  test('a mail host that has spoken TLS and does no more gets nothing, or is written down', async (context) => {
    for (const plainAfterTls of ['refuse', 'observe']) {
      const send = await outlet({ plainAfterTls }, context)
      assert.equal((await send('opportunistic')).last?.tls?.checked, 'none')
      const { said, last } = await stripping('selfmade', () => send('opportunistic'))
      assert.match(said, plainAfterTls === 'refuse' ? /^451 4\.7\.4 .* plainAfterTls: refuse of / : /^250 /)
      assert.equal(last?.downgraded, plainAfterTls === 'observe' ? true : undefined)
    }
  })

  test('a resolver that does not validate gives no DANE, and who demands it sends nothing', async (context) => {
    const { port } = await liar(context, (query, _from, send) => {
      const [question] = decode(query).questions ?? []
      const name = question?.name ?? ''
      const answers: readonly Answer[] =
        question?.type === 'MX'
          ? [{ type: 'MX', name, ttl: 1, data: { preference: 1, exchange: 'mx-spoofed.rows.example' } }]
          : question?.type === 'A'
            ? [{ type: 'A', name, ttl: 1, data: ADDRESSES.none }]
            : []
      send(
        encode({
          type: 'response',
          id: query.readUInt16BE(0),
          flags: 0x0180,
          questions: question === undefined ? [] : [question],
          answers: [...answers],
        }),
      )
    })
    const before = mailsIn(wires)
    const resolver = `127.0.0.1:${port}`
    const [dane, required] = [await outlet({ resolver, tls: 'dane' }, context), await outlet({ resolver, tls: 'required' }, context)]
    assert.match((await dane('ee-11')).said, /^451 4\.7\.5 mx-spoofed\.rows\.example has no DANE \(.*\), and tls: dane of /)
    assert.match((await required('ee-11')).said, /^451 4\.7\.4 mx-spoofed\.rows\.example \[127\.[\d.]+\.6\] offers no STARTTLS/)
    assert.equal(mailsIn(wires), before)
  })
})

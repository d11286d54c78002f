import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test, type TestContext } from 'node:test'
import { needPeer, startPeer } from '../../peers/index.ts'
import { freePort } from '../../peers/free-port.ts'
import type { Gated } from '../gated.ts'
import { NEEDS_ZONES } from '../names/zones.ts'
import { lasting } from '../programs.ts'
import { mailsIn, RowsWorld, startOutlets, startWires, testRows, type Leaves, type Servers, type Wires } from './rows-world.ts'
import { sendTo } from './sending-to.ts'

const KINDS = ['good', 'expired', 'selfmade', 'misnamed', 'none'] as const

/** A server for each kind, by ports of 127.0.0.1. */
type Start = (leaves: Leaves, t: Pick<TestContext, 'after'>) => Promise<Servers>

async function ports(): Promise<Record<(typeof KINDS)[number], number>> {
  return {
    good: await freePort(),
    expired: await freePort(),
    selfmade: await freePort(),
    misnamed: await freePort(),
    none: await freePort(),
  }
}

const postfix: Start = async (leaves, t) => {
  const all = await ports()
  const services = KINDS.map((kind) => {
    const tls = kind === 'none' ? 'smtpd_tls_security_level=none' : `smtpd_tls_chain_files=${leaves[kind].key},${leaves[kind].chain}`
    return `${all[kind]} inet n - n - 100 smtpd -o ${tls}`
  })
  await startPeer(
    'postfix',
    { services: `${services.join('\n')}\ndiscard unix - - n - - discard\n`, main: 'default_transport = discard:\n' },
    t,
  )
  return all
}

const exim: Start = async (leaves, t) => {
  const [all, smtps] = [await ports(), await freePort()]
  const chosen = (word: 'key' | 'chain'): string =>
    KINDS.reduce(
      (other, kind) => (kind === 'none' ? other : `\${if eq{$received_port}{${all[kind]}}{/made/${kind}.${word}}{${other}}}`),
      '',
    )
  const { folder } = await startPeer(
    'exim',
    {
      delivers: true,
      doors: { smtp: all.good, smtps },
      main: [
        `daemon_smtp_ports = ${[...Object.values(all), smtps].join(' : ')}`,
        `tls_advertise_hosts = \${if eq{$received_port}{${all.none}}{}{*}}`,
        `tls_certificate = ${chosen('chain')}`,
        `tls_privatekey = ${chosen('key')}`,
        '',
      ].join('\n'),
    },
    t,
  )
  mkdirSync(join(folder, 'made'))
  for (const kind of KINDS)
    for (const word of ['key', 'chain'] as const)
      // It reads them when it has given up its rights.
      if (kind !== 'none') writeFileSync(join(folder, 'made', `${kind}.${word}`), readFileSync(leaves[kind][word]))
  return all
}

const SERVERS = { postfix, exim } as const

describe('rows of policies, with servers as they are', { skip: NEEDS_ZONES }, () => {
  const world = new RowsWorld()
  for (const [name, start] of Object.entries(SERVERS) as [keyof typeof SERVERS, Start][])
    describe(name, { skip: needPeer(name) }, () => {
      const t = lasting()
      let gated: Gated
      let wires: Wires
      before(async () => {
        wires = await startWires(await start(world.leaves, t), t)
        gated = await startOutlets(world.resolver, t)
      })
      testRows(world, KINDS, () => ({ gated, wires }))
    })

  describe('opensmtpd, which in Debian’s build offers a TLS that breaks', { skip: needPeer('opensmtpd') }, () => {
    const t = lasting()
    let gated: Gated
    let wires: Wires
    before(async () => {
      const { doors } = await startPeer('opensmtpd', {}, t)
      wires = await startWires({ selfmade: doors.smtp }, t)
      gated = await startOutlets(world.resolver, t)
    })
    const NO_TLS = /^451 4\.7\.5 .* find no TLS under the policy/
    const rows: readonly (readonly [label: string, outlet: string, said: RegExp, mails: number])[] = [
      ['ee-alone', 'out', NO_TLS, 0],
      ['pkix-ta', 'out', NO_TLS, 0],
      ['sts-selfmade', 'out', NO_TLS, 0],
      ['opportunistic', 'required', NO_TLS, 0],
      // It is asked, and knows nobody there.
      ['opportunistic', 'out', /^550 /, 1],
    ]
    for (const [label, outlet, said, mails] of rows)
      test(`${label}, by ${outlet}`, async () => {
        const before = mailsIn(wires)
        assert.match(await sendTo(gated.port(outlet), 'x\r\n', `b@${label}.d.rows.example`), said)
        await gated.record()
        assert.equal(mailsIn(wires) - before, mails)
      })
  })
})

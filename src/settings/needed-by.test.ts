import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { postfixAdapter } from './postfix/adapter.ts'
import { namedWhoNeeds, planWithNeeds } from './needed-by.ts'
import { judged, planOf, type JudgedLeg } from './plan.ts'

const NOW = new Date('2026-11-22T12:00:00Z')
const OPTIONS = { rulebooks: [], now: NOW, version: '3.7', openssl: '3.0', more: () => undefined, list: () => [] } as const

const reading = postfixAdapter.read(
  { path: '/etc/postfix/main.cf', text: 'smtpd_tls_security_level = may\nsmtpd_tls_cert_file = /x\nsmtp_tls_security_level = may\n' },
  OPTIONS,
)

function needed({ findings }: JudgedLeg, id: string): readonly string[] {
  return findings.find((finding) => finding.id === id)?.neededBy ?? []
}

describe('who needs what is wrong', () => {
  test('are clients where the product is the server, and servers where it is the client', async () => {
    const legs = await namedWhoNeeds('postfix', judged(reading.legs, OPTIONS))
    const of = (role: string): readonly string[] => legs.filter((leg) => leg.role === role).flatMap((leg) => needed(leg, 'protocol-tls1-0'))
    assert.ok(of('server').includes('Exchange 2010 on Windows Server 2008 R2'), of('server').join())
    assert.ok(of('server').includes('Java 6'), 'which delivers mail too')
    assert.ok(of('client').includes('Exchange 2007 on Windows Server 2008'), of('client').join())
    assert.ok(!of('client').includes('Java 6'), 'nobody delivers to it')
  })

  test('is told of a plan, before and after', async () => {
    const { legs } = await planWithNeeds(planOf(postfixAdapter, reading, () => undefined, OPTIONS))
    assert.ok(legs.length > 0)
    for (const { before, after } of legs) assert.deepEqual(after.findings, before.findings)
    assert.ok(legs.some(({ before }) => needed(before, 'protocol-tls1-0').length > 0))
  })

  test('nobody is named, and no catalogue loaded, where nothing is wrong that anybody may need', async () => {
    const legs = judged(reading.legs, OPTIONS).map((leg) => ({
      ...leg,
      findings: leg.findings.filter(({ verdict }) => verdict === 'good'),
    }))
    assert.equal(await namedWhoNeeds('postfix', legs), legs)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpensslGeneration } from '../../policy/index.ts'
import type { ProtocolName } from '../../registry/index.ts'
import { oldVersions } from './old-versions.ts'

const rows: readonly (readonly [
  why: string,
  versions: readonly ProtocolName[] | 'unknown',
  list: string,
  generation: OpensslGeneration,
  told: string,
])[] = [
  ['OpenSSL 3 refuses them at the level of a default build', ['TLSv1', 'TLSv1.1', 'TLSv1.2'], 'HIGH', '3.0', 'TLSv1 and TLSv1.1'],
  ['and at any level but 0', ['TLSv1.1'], 'HIGH:@SECLEVEL=2', '3.5', 'TLSv1.1'],
  ['at which it speaks them', ['TLSv1', 'TLSv1.2'], 'HIGH:@SECLEVEL=0', '3.0', ''],
  ['1.1.1 speaks them at its usual level', ['TLSv1', 'TLSv1.2'], 'HIGH', '1.1.1', ''],
  ['1.0.2 has no levels', ['SSLv3', 'TLSv1'], 'HIGH', '1.0.2', ''],
  ['newer ones are allowed', ['TLSv1.2', 'TLSv1.3'], 'HIGH', '3.0', ''],
  ['a list that OpenSSL refuses has no level', ['TLSv1', 'TLSv1.2'], 'NOTHING', '3.0', ''],
  ['what is not known is not refused', 'unknown', 'HIGH', '3.0', ''],
]
for (const [why, value, list, generation, told] of rows) {
  test(why, () => {
    const protocols = { value, origin: { kind: 'fixed', why: 'a test', source: 'none' } } as const
    const [finding] = oldVersions('door', { protocols }, { list, generation, place: undefined })
    assert.equal(finding?.subjects.join(' and ') ?? '', told)
    assert.equal(finding === undefined, told === '')
  })
}

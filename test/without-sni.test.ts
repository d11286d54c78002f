/** Clients that name no server may meet another one: which certificates they get is found out whatever the named one has. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, test, type TestContext } from 'node:test'
import { createServer, type SecureVersion } from 'node:tls'
import { measure, type Measurement } from '../src/audit/index.ts'
import { tls } from '../src/dialects/index.ts'
import { certificates } from './peers/index.ts'

type Kind = Parameters<Awaited<ReturnType<typeof certificates>>['leaf']>[0]

const NAME = 'named.example'
const QUIET = { parallel: 4, timeout: 30_000, now: new Date() }

/** Serves certificates of some kinds to those who name nobody, and of others to those who name us. */
async function audited(t: TestContext, kinds: readonly Kind[], named: readonly Kind[], maxVersion: SecureVersion): Promise<Measurement> {
  const { leaf } = await certificates()
  const keys = (some: readonly Kind[]): { cert: Buffer[]; key: Buffer[] } => ({
    cert: some.map((kind) => readFileSync(leaf(kind).chain)),
    key: some.map((kind) => readFileSync(leaf(kind).key)),
  })
  const minVersion = maxVersion === 'TLSv1.3' && kinds.length > 2 ? 'TLSv1.3' : 'TLSv1.2'
  const server = createServer({ ...keys(kinds), minVersion, maxVersion })
  server.addContext(NAME, { ...keys(named), minVersion, maxVersion })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return measure({ address: '127.0.0.1', port, dialect: tls, beginning: 'implicit', serverName: NAME }, QUIET)
}

describe('certificates for clients that name no server', { timeout: 60_000 }, () => {
  const rows: readonly (readonly [why: string, kinds: readonly Kind[], named: readonly Kind[], newest: SecureVersion])[] = [
    ['both kinds of a server whose namesake has RSA alone', ['rsa', 'ecdsa'], ['rsa'], 'TLSv1.2'],
    ['the kind that the namesake lacks', ['ecdsa'], ['rsa'], 'TLSv1.3'],
    ['Ed25519, for which there are no suites', ['rsa', 'ed25519'], ['rsa'], 'TLSv1.2'],
    ['and in TLS 1.3', ['rsa', 'ed25519'], ['rsa'], 'TLSv1.3'],
    ['all that TLS 1.3 can show', ['rsa', 'ecdsa', 'ed25519'], ['rsa'], 'TLSv1.3'],
  ]
  for (const [why, kinds, named, newest] of rows) {
    test(`${why}: ${kinds.join(' and ')} in ${newest}`, async (t) => {
      const { posture } = await audited(t, kinds, named, newest)
      const found = posture.certificates.filter(({ servedFor }) => servedFor.includes('no-sni')).map(({ keyType }) => keyType.toLowerCase())
      assert.deepEqual(found.toSorted(), kinds.toSorted())
      const withName = posture.certificates.filter(({ servedFor }) => servedFor.includes('sni'))
      assert.equal(withName.length, named.length)
    })
  }

  test('nothing but the certificates of the nameless server is taken for the named one’s', async (t) => {
    const { posture, evidence } = await audited(t, ['ecdsa'], ['rsa'], 'TLSv1.2')
    assert.deepEqual(
      posture.protocols['TLSv1.2'].suites.filter((suite) => suite.includes('_ECDSA_')),
      [],
    )
    assert.deepEqual(
      evidence.filter(({ fact }) => fact.includes('_ECDSA_')),
      [],
    )
  })
})

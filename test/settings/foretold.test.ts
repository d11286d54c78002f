/** What `postern settings plan` says of known clients and servers. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { main } from '../../src/cli/main.ts'
import { addSettings } from '../../src/cli/settings.ts'
import { parsePolicy } from '../../src/policy/index.ts'
import { neighboursOf, planOf, PRODUCTS, recognise } from '../../src/settings/index.ts'
import { settingsPlan } from '../../src/settings/json-schema.ts'
import type { Ended } from '../cli-session.ts'

const root = mkdtempSync(join(tmpdir(), 'postern-foretold-'))
after(() => rmSync(root, { recursive: true, force: true }))

const OPEN =
  'smtpd_tls_security_level = may\nsmtpd_tls_protocols = !SSLv2, !SSLv3\nsmtp_tls_security_level = may\nsmtp_tls_protocols = !SSLv2, !SSLv3\n'
const MASTER = [
  'smtp      inet  n       -       y       -       -       smtpd',
  'submission inet n       -       y       -       -       smtpd',
  '  -o smtpd_tls_security_level=encrypt',
  'smtp      unix  -       -       y       -       -       smtp',
  '',
].join('\n')
writeFileSync(join(root, 'main.cf'), OPEN)
writeFileSync(join(root, 'master.cf'), MASTER)

async function plan(...argv: readonly string[]): Promise<Ended> {
  const out: string[] = []
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void out.push(text),
    interactive: false,
    colour: false,
    columns: 200,
    unicode: true,
    cwd: root,
    env: {},
  }
  const words = ['settings', 'plan', 'main.cf', '--openssl', '1.1.1', '--product-version', '3.5', '--state', join(root, 'state'), ...argv]
  const status = await main(words, terminal, [addSettings])
  return { status, out: out.join(''), err: '' }
}

const [whole, everybody] = [await plan('--policy', 'mozilla-intermediate'), await plan('--policy', 'mozilla-intermediate', '--clients')]
const foretold = whole.out.slice(whole.out.indexOf('What known clients and servers will notice'))
const flat = foretold.replace(/\s+/g, ' ')

describe('postern settings plan', () => {
  test('tells who is cut off in full, why, and with what they connected', () => {
    assert.match(flat, /smtp \(25\) · server: of \d+ known servers and programs that deliver, \d+ cut off/)
    assert.match(flat, /✗ \d+ peers cut off: they share no version \(this side refuses\)/)
    assert.match(
      flat,
      /- Exchange 2010 on Windows Server 2008 R2: TLSv1, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA or another, secp256r1 until now\./,
    )
    assert.match(flat, /- Exchange 2013 and 2016 on Windows Server 2012 R2 \(inferred\), with an RSA certificate/)
  })

  test('tells of those who may have been able to connect, apart from the others', () => {
    assert.match(flat, /! \d+ peers cut off if they could connect until now: they share no version/)
    assert.match(flat, /- Xerox WorkCentre/)
  })

  test('tells of the rest in short, and in full when it is asked to', () => {
    assert.match(flat, /\d+ connect as before.* --clients shows everybody\./)
    assert.doesNotMatch(foretold, /Node\.js 24/)
    assert.match(everybody.out, /^ {4}Node\.js 24: TLSv1\.3, TLS_AES_256_GCM_SHA384, x25519$/m)
    assert.doesNotMatch(everybody.out, /--clients shows everybody/)
  })

  test('says that mail goes in plain text where TLS is not demanded, and only there', () => {
    const [relay = '', submission = '', client = ''] = foretold.split('\n\n')
    assert.match(relay, /deliver in plain text where they fall back to it/)
    assert.doesNotMatch(submission, /plain text/)
    assert.match(client, /mail goes to those in plain text/)
  })

  test('looks at people’s programs where mail is submitted, and at servers where it goes', () => {
    const [relay = '', submission = '', client = ''] = foretold.split('\n\n')
    assert.match(submission, /Outlook 2010 and 2013 on Windows 7, without DefaultSecureProtocols/)
    assert.doesNotMatch(relay, /Outlook 20/)
    assert.match(client, /^ {2}smtp · client: of \d+ known servers, \d+ cut off/)
    assert.match(client, /they share no version \(the other side refuses\)/)
  })

  test('prints it as JSON that keeps to the schema', async () => {
    const { out, status } = await plan('--policy', 'mozilla-intermediate', '--json')
    const json = settingsPlan.parse(JSON.parse(out))
    assert.equal(status, 1)
    assert.deepEqual(
      json.foretold.map(({ door, role, uses, opportunistic }) => [door, role, uses.join(), opportunistic]),
      [
        ['smtp (25)', 'server', 'smtp', true],
        ['submission (587)', 'server', 'mail', false],
        ['smtp', 'client', 'smtp', true],
      ],
    )
    const exchange = json.foretold[0]?.peers.find(({ name }) => name === 'Exchange 2010 on Windows Server 2008 R2')
    assert.equal(exchange?.change, 'cut-off')
    assert.ok((json.foretold[0]?.peers.length ?? 0) > 20, 'everybody is in it')
  })

  test('is silent where nothing has to change, unless it is asked', async () => {
    const now = new Date('2026-11-22T12:00:00Z')
    const policy = await parsePolicy('base: mozilla-intermediate\n', 'tls.yaml', now)
    const { adapter: known, file } = recognise(join(root, 'main.cf'), { adapters: PRODUCTS, product: 'postfix', follow: false })
    const adapter = await known.adapter()
    const options = { ...neighboursOf(file.path), openssl: '1.1.1' as const, version: '3.5', rulebooks: [], now }
    const { files } = planOf(adapter, adapter.read(file, options), () => policy, options)
    for (const { after: then } of files) writeFileSync(then.path, then.text)
    const { out, status } = await plan('--policy', 'mozilla-intermediate')
    assert.equal(status, 0)
    assert.match(out, /Nothing has to change/)
    assert.doesNotMatch(out, /known clients/)
    assert.match((await plan('--policy', 'mozilla-intermediate', '--clients')).out, /0 cut off/)
  })
})

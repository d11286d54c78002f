import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { dialectByName } from '../../src/dialects/index.ts'
import { certificates, needPeer, SERVER_NAME, startPeer } from '../peers/index.ts'
import { policyNamed, proveAt, testTrust, withoutCertificates } from '../proved.ts'
import { hears, startGate } from './gated.ts'

const run = promisify(execFile)
const { root } = await certificates()

interface Said {
  readonly status: number
  readonly out: string
}

async function curl(...words: readonly string[]): Promise<Said> {
  try {
    const { stdout, stderr } = await run('curl', ['-sv', '--max-time', '15', '--cacert', root, ...words])
    return { status: 0, out: stdout + stderr }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string }
    return { status: code ?? -1, out: stdout + stderr }
  }
}

/** In the words of Postfix. */
const QUEUED = /< 250 2\.0\.0 Ok: queued as /
const OLD = ['--tls-max', '1.1', '--tlsv1.0', '--ciphers', 'DEFAULT@SECLEVEL=0'] as const
const at = (scheme: string, port: number): readonly string[] => [
  '--resolve',
  `${SERVER_NAME}:${port}:127.0.0.1`,
  `${scheme}://${SERVER_NAME}:${port}/`,
]

describe('a gate in front of Dovecot', { skip: needPeer('dovecot') }, () => {
  test('keeps to its policy with STARTTLS and TLS from the start, and people read their mail through it', async (t) => {
    const { doors } = await startPeer('dovecot', { plaintextAuth: true }, t)
    const { port, record } = await startGate(
      {
        services: {
          imap: { dialect: 'imap', tls: 'starttls', backend: `127.0.0.1:${doors.imap}` },
          imaps: { dialect: 'imap', tls: 'implicit', backend: `127.0.0.1:${doors.imap}` },
          pop: { dialect: 'pop3', tls: 'required', backend: `127.0.0.1:${doors.pop3}` },
        },
      },
      t,
    )
    for (const [scheme, service, ...more] of [
      ['imap', 'imap', '--ssl-reqd'],
      ['imaps', 'imaps'],
      ['pop3', 'pop', '--ssl-reqd'],
    ] as const) {
      const { out } = await curl('-u', 'somebody:x', ...more, ...at(scheme, port(service)))
      assert.match(out, /OK Logged in|OK \[CAPABILITY [^\]]*\] Logged in/)
      const { negotiated, ended, verdict } = await record()
      assert.deepEqual([negotiated?.version, verdict, /^(?:client|server)-left$/.test(ended.why)], ['TLSv1.3', { meets: true }, true])
    }
    const policy = withoutCertificates(policyNamed('mozilla-intermediate'))
    for (const [service, dialect] of [
      ['imap', dialectByName('imap')],
      ['imaps', undefined],
      ['pop', dialectByName('pop3')],
    ] as const) {
      const proof = await proveAt({ port: port(service), name: SERVER_NAME, ...(dialect === undefined ? {} : { dialect }) }, policy, {
        trust: await testTrust(),
      })
      assert.equal(proof.keeps, 'yes', JSON.stringify(proof.checks.filter(({ verdict }) => verdict !== 'kept')))
    }
  })
})

describe('a gate in front of Postfix', { skip: needPeer('postfix') }, () => {
  test('lets an old sender through, explains to it, or refuses it, stage by stage, with no restart between', async (t) => {
    const { doors } = await startPeer('postfix', {}, t)
    const services = (stage: string): { readonly services: { readonly mx: Readonly<Record<string, unknown>> } } => ({
      services: { mx: { dialect: 'smtp', tls: 'starttls', backend: `127.0.0.1:${doors.smtp}`, stage } },
    })
    const { port, record, reload } = await startGate(services('observe'), t)
    const mail = ['--ssl-reqd', '--mail-from', 'a@example.org', '--mail-rcpt', 'b@example.net', '--crlf', '-T', '/etc/hostname'] as const

    const observed = await curl(...mail, ...OLD, ...at('smtp', port('mx')))
    assert.match(observed.out, QUEUED)
    const first = await record()
    assert.deepEqual([first.verdict?.meets, first.negotiated?.version, first.stage], [false, 'TLSv1.1', 'observe'])

    await reload(services('explain'))
    const explained = await curl(...mail, ...OLD, ...at('smtp', port('mx')))
    assert.match(
      explained.out,
      /< 550 5\.7\.10 Your TLS is too weak for this server\. TLSv1\.[0-2] was negotiated, TLSv1\.[23]( or TLSv1\.3)? is needed \(/,
    )
    assert.equal((await record()).stage, 'explain')

    await reload(services('refuse'))
    const refused = await curl(...mail, ...OLD, ...at('smtp', port('mx')))
    assert.match(refused.out, /protocol version/)
    const { ended } = await record()
    assert.deepEqual([ended.why, ended.reason], ['handshake-failed', 'version'])

    const today = await curl(...mail, ...at('smtp', port('mx')))
    assert.match(today.out, QUEUED)
  })

  test('takes no plain text for what came in TLS: starttls-injection', async (t) => {
    const { doors } = await startPeer('postfix', {}, t)
    const { port, record } = await startGate(
      { services: { mx: { dialect: 'smtp', tls: 'starttls', backend: `127.0.0.1:${doors.smtp}` } } },
      t,
    )
    const heard = await hears(port('mx'), ['EHLO client.example\r\n', 'STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n'])
    assert.match(heard, /\r\n250[ -]STARTTLS\r\n/)
    assert.match(heard, /\r\n554 5\.5\.1 [^\r]*\r\n$/)
    assert.equal((await record()).ended.why, 'starttls-injection')
  })
})

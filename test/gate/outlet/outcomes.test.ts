import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { certificates, SERVER_NAME } from '../../peers/index.ts'
import { startGate, type Gated, type Words } from '../gated.ts'
import { Talker } from '../talker.ts'
import { startDestination, type Manners } from './destination.ts'
import { SENT, sendTo } from './sending-to.ts'

const { root } = await certificates()

interface Outcome {
  /** The last reply that the sender hears: to the recipient, or to the message. */
  readonly said: string
  readonly messages: readonly { readonly content: string; readonly version: string | undefined }[]
  readonly gated: Gated
}

/** Sends one message through an outlet to a next hop with these manners. */
async function send(manners: Manners, words: Readonly<Record<string, unknown>>, t: TestContext, content = 'x\r\n'): Promise<Outcome> {
  const destination = await startDestination(manners, t)
  const outlet = { to: `127.0.0.1:${destination.port}`, ...words }
  const gated = await startGate({ services: { out: { dialect: 'smtp', tls: 'none', outlet } } }, t)
  return { said: await sendTo(gated.port('out'), content), messages: destination.messages, gated }
}

describe('what becomes of a message', () => {
  const verify = { tls: 'verify', ca: root, name: SERVER_NAME }
  const rows: readonly (readonly [
    why: string,
    manners: Manners,
    words: Readonly<Record<string, unknown>>,
    said: RegExp,
    /** The version that it came in, `plain`, or nothing where it did not come. */
    came?: string,
  ])[] = [
    ['TLS where it is offered', { leaf: 'rsa' }, {}, SENT, 'TLSv1.3'],
    ['in the clear where it is not and need not be', {}, {}, SENT, 'plain'],
    [
      'not in the clear where it has to be',
      {},
      { tls: 'required' },
      /^451 4\.7\.4 \[127\.0\.0\.1\] offers no STARTTLS, and nothing goes there in the clear: tls: required of services\.out\.outlet\r\n$/,
    ],
    [
      'nor where somebody answers in place of the next hop',
      { leaf: 'rsa', says: { STARTTLS: '454 4.7.0 not now' } },
      { tls: 'required' },
      /^451 4\.7\.4 \[127\.0\.0\.1\] refuses STARTTLS: not now/,
    ],
    ['TLS 1.0 is let pass where the policy is observed', { leaf: 'rsa', version: 'TLSv1' }, {}, SENT, 'TLSv1'],
    [
      'TLS 1.0 is refused by the policy',
      { leaf: 'rsa', version: 'TLSv1' },
      { tls: 'required' },
      /^451 4\.7\.5 \[127\.0\.0\.1\] takes none of TLSv1\.2 or TLSv1\.3, and the policy mozilla-intermediate of services\.out\.outlet allows nothing else/,
    ],
    ['nothing goes in the clear in place of that', { leaf: 'rsa', version: 'TLSv1' }, { stage: 'refuse' }, /^451 4\.7\.5 /],
    [
      'TLS 1.0 is explained',
      { leaf: 'rsa', version: 'TLSv1' },
      { stage: 'explain' },
      /^451 4\.7\.5 \[127\.0\.0\.1\]: it speaks TLSv1, and TLSv1\.2 or TLSv1\.3 is allowed by the policy/,
    ],
    [
      'TLS 1.0 for a destination that is an exception',
      { leaf: 'rsa', version: 'TLSv1' },
      { tls: 'required', policy: 'mozilla-old' },
      SENT,
      'TLSv1',
    ],
    ['the certificate that is meant', { leaf: 'rsa' }, verify, SENT, 'TLSv1.3'],
    [
      'an expired one',
      { leaf: 'expired' },
      verify,
      /^451 4\.7\.5 \[127\.0\.0\.1\] cannot be believed: its certificate is not trusted \(.*\); that is demanded by tls: verify of services\.out\.outlet/,
    ],
    ['one for another', { leaf: 'wrong-name' }, verify, /^451 4\.7\.5 .*its certificate is not for mail\.example\.test/],
    ['one of nobody', { leaf: 'self-signed' }, verify, /^451 4\.7\.5 .*its certificate is not trusted/],
    ['an expired one where nobody looks', { leaf: 'expired' }, { tls: 'required' }, SENT, 'TLSv1.3'],
    [
      'a next hop that greets with a refusal for good',
      { says: { GREETING: '554 5.7.1 go away' } },
      {},
      /^554 5\.7\.1 \[127\.0\.0\.1\] said: go away/,
    ],
    ['one that is busy', { says: { GREETING: '421 4.7.0 too many' } }, {}, /^451 4\.7\.0 \[127\.0\.0\.1\] said: too many/],
    ['one that knows no EHLO', { says: { EHLO: '502 what' } }, {}, SENT, 'plain'],
    ['one that does not want the sender', { says: { MAIL: '550 5.7.1 not from you' } }, {}, /^550 5\.7\.1 not from you/],
    [
      'one that does not know the recipient',
      { says: { RCPT: '550-5.1.1 no\r\n550 5.1.1 such user' } },
      {},
      /^550-5\.1\.1 no\r\n550 5\.1\.1 such user\r\n$/,
    ],
    ['one that takes no data', { says: { DATA: '451 4.3.1 full' } }, {}, /^451 4\.3\.1 full/],
    ['one that does not want the message', { says: { END: '554 5.7.1 spam' } }, {}, /^554 5\.7\.1 spam/, 'plain'],
    [
      'one that dies before the recipient is taken',
      { says: { RCPT: 'die' } },
      {},
      /^451 4\.4\.2 The connection to the next hop was lost: it has closed the connection/,
    ],
    ['one that dies at the data', { says: { DATA: 'die' } }, {}, /^451 4\.4\.2 The connection to the next hop was lost/],
    ['one that dies behind the last dot', { says: { END: 'die' } }, {}, /^451 4\.4\.2 The connection to the next hop was lost/, 'plain'],
    ['one that goes down with a word', { says: { END: '421 4.3.2 going down' } }, {}, /^451 4\.3\.2 going down/, 'plain'],
  ]
  for (const [why, manners, words, said, came] of rows)
    test(why, async (t) => {
      const outcome = await send(manners, words, t)
      assert.match(outcome.said, said)
      assert.deepEqual(
        outcome.messages.map(({ content, version }) => [content, version ?? 'plain']),
        came === undefined ? [] : [['x\r\n', came]],
      )
    })

  test('nobody at home', async (t) => {
    const gated = await startGate({ services: { out: { dialect: 'smtp', tls: 'none', outlet: { to: '127.0.0.1:1' } } } }, t)
    assert.match(await sendTo(gated.port('out'), 'x\r\n'), /^451 4\.4\.1 Cannot connect to \[127\.0\.0\.1\] port 1: ECONNREFUSED/)
    const { onward } = await gated.record()
    assert.deepEqual(
      onward?.map(({ host, failed }) => [host, failed?.slice(0, 9)]),
      [['127.0.0.1', '451 4.4.1']],
    )
  })

  test('the log says in what it went', async (t) => {
    const { gated } = await send({ leaf: 'rsa', version: 'TLSv1' }, {}, t)
    const { onward } = await gated.record()
    assert.deepEqual(
      onward?.map(({ demand, tls }) => [demand, tls?.version, tls?.checked, tls?.tooWeak]),
      [['tls: opportunistic of services.out.outlet', 'TLSv1', 'none', 'it speaks TLSv1, and TLSv1.2 or TLSv1.3 is allowed']],
    )
  })

  test('8-bit content is not changed: it goes as it is, or is refused', async (t) => {
    const destination = await startDestination({ keywords: ['PIPELINING'] }, t)
    const outlet = { to: `127.0.0.1:${destination.port}` }
    const gated = await startGate({ services: { out: { dialect: 'smtp', tls: 'none', outlet } } }, t)
    assert.match(await sendTo(gated.port('out'), '\xe4\r\n', 'b@d.example', ' BODY=8BITMIME'), /^554 5\.6\.3 /)
    assert.match(await sendTo(gated.port('out'), '\xe4\r\n..\r\n'), SENT)
    assert.deepEqual(
      destination.messages.map(({ content }) => content),
      ['\xe4\r\n..\r\n'],
    )
  })

  describe('REQUIRETLS, RFC 8689', () => {
    const KEYWORDS = ['PIPELINING', 'REQUIRETLS']
    const MAIL = ' REQUIRETLS'
    const rows: readonly (readonly [why: string, manners: Manners, words: object, mail: string, said: RegExp, command?: RegExp])[] = [
      ['goes to a relay that keeps it', { leaf: 'rsa', keywords: KEYWORDS }, verify, MAIL, SENT, /^MAIL FROM:<a@old\.example> REQUIRETLS$/],
      ['is not asked for by itself', { leaf: 'rsa', keywords: KEYWORDS }, verify, '', SENT, /^MAIL FROM:<a@old\.example>$/],
      [
        'goes to nobody who does not offer it',
        { leaf: 'rsa' },
        verify,
        MAIL,
        /^550 5\.7\.30 REQUIRETLS: \[127\.0\.0\.1\] does not offer it/,
      ],
      [
        'nor to who shows another certificate, though that may be otherwise',
        { leaf: 'wrong-name', keywords: KEYWORDS },
        {},
        MAIL,
        /^550 5\.7\.10 REQUIRETLS: \[127\.0\.0\.1\] cannot be believed: .*; that is demanded by REQUIRETLS of the message/,
      ],
      ['nor in the clear', { keywords: KEYWORDS }, {}, MAIL, /^550 5\.7\.10 REQUIRETLS: \[127\.0\.0\.1\] offers no STARTTLS/],
      [
        'nor in a TLS that the policy only observes',
        { leaf: 'rsa', version: 'TLSv1', keywords: KEYWORDS },
        { stage: 'observe' },
        MAIL,
        /^550 5\.7\.10 REQUIRETLS: \[127\.0\.0\.1\] takes none of TLSv1\.2 or TLSv1\.3/,
      ],
    ]
    for (const [why, manners, words, mail, said, command] of rows)
      test(why, async (t) => {
        const destination = await startDestination(manners, t)
        const outlet = { to: `127.0.0.1:${destination.port}`, ...words }
        const gated = await startGate({ services: { out: { dialect: 'smtp', tls: 'starttls', outlet } } }, t)
        assert.match(await sendTo(gated.port('out'), 'x\r\n', 'b@d.example', mail, true), said)
        const asked = destination.commands.filter((line) => line.startsWith('MAIL'))
        assert.equal(asked.length, command === undefined ? 0 : 1)
        if (command !== undefined) assert.match(asked[0] ?? '', command)
        if (destination.connections() > 0 && /does not offer/.test(said.source)) assert.equal(destination.commands.at(-1), 'QUIT')
      })

    test('is taken in TLS alone', async (t) => {
      const destination = await startDestination({ leaf: 'rsa', keywords: KEYWORDS }, t)
      const outlet = { to: `127.0.0.1:${destination.port}`, ...verify }
      const gated = await startGate({ services: { out: { dialect: 'smtp', tls: 'starttls', outlet } } }, t)
      const plain = await Talker.to(gated.port('out'))
      await plain.hears(/^220 /)
      assert.doesNotMatch(await plain.asks('EHLO old.example\r\n', /\r\n250 /), /REQUIRETLS/)
      await plain.asks('MAIL FROM:<a@b.example> REQUIRETLS\r\n', /^530 5\.7\.10 REQUIRETLS is taken in TLS alone\r\n$/)
      await plain.asks('STARTTLS\r\n', /^220 /)
      await plain.secure()
      await plain.asks('EHLO old.example\r\n', /\r\n250-REQUIRETLS\r\n/)
      plain.leave()
    })
  })

  test('notifications are asked of a relay that takes care of them, as long as it does', async (t) => {
    const manners = { keywords: ['PIPELINING', 'DSN'] }
    const destination = await startDestination(manners, t)
    const outlet = { to: `127.0.0.1:${destination.port}` }
    const gated = await startGate({ services: { out: { dialect: 'smtp', tls: 'none', outlet } } }, t)
    const ask = (): Promise<string> => sendTo(gated.port('out'), 'x\r\n', 'b@d.example', ' RET=HDRS')
    assert.match(await ask(), /^555 5\.5\.4 MAIL takes no RET here/, 'nobody knows yet')
    assert.match(await sendTo(gated.port('out'), 'x\r\n'), SENT)
    assert.match(await ask(), SENT)
    assert.equal(
      destination.commands.findLast((line) => line.startsWith('MAIL')),
      'MAIL FROM:<a@old.example> RET=HDRS',
    )
    manners.keywords = []
    assert.match(await ask(), /^451 4\.5\.4 The next hop takes care of no notifications any more \(DSN\): send again/)
    assert.match(await ask(), /^555 5\.5\.4 /)
  })

  test('TLS-Required: No goes on as it is, and changes nothing of what the configuration demands', async (t) => {
    const content = 'TLS-Required: No\r\n\r\nx\r\n'
    const sent = await send({ leaf: 'rsa' }, { tls: 'required' }, t, content)
    assert.match(sent.said, SENT)
    assert.equal(sent.messages[0]?.content, content)
    const kept = await send({}, { tls: 'required' }, t, content)
    assert.match(kept.said, /^451 4\.7\.4 /)
    assert.deepEqual(kept.messages, [])
  })

  test('who is in no network of clients sends nothing', async (t) => {
    const destination = await startDestination({}, t)
    const outlet = { to: `127.0.0.1:${destination.port}`, clients: ['192.0.2.0/24'] }
    const gated = await startGate({ services: { out: { dialect: 'smtp', tls: 'none', outlet } } }, t)
    const talker = await Talker.to(gated.port('out'))
    await talker.hears(/^554 5\.7\.1 gate\.example sends for its own network alone: see clients of the outlet\r\n/)
    await talker.isClosed()
    assert.equal(destination.connections(), 0)
  })

  test('a relay that has spoken TLS and does no more is told of, or gets nothing, whatever configuration was taken up meanwhile', async (t) => {
    const words = (port: number, plainAfterTls: string): Words => ({
      services: { out: { dialect: 'smtp', tls: 'none', outlet: { to: `127.0.0.1:${port}`, plainAfterTls } } },
    })
    for (const [plainAfterTls, said] of [
      ['observe', SENT],
      ['refuse', /^451 4\.7\.4 .* plainAfterTls: refuse of services\.out\.outlet, since it has spoken TLS before/],
    ] as const) {
      const manners: { leaf?: 'rsa' } = { leaf: 'rsa' }
      const destination = await startDestination(manners, t)
      const gated = await startGate(words(destination.port, plainAfterTls), t)
      assert.match(await sendTo(gated.port('out'), 'x\r\n'), SENT)
      await gated.record()
      delete manners.leaf
      await gated.reload(words(destination.port, plainAfterTls))
      assert.match(await sendTo(gated.port('out'), 'x\r\n'), said)
      const { onward } = await gated.record()
      assert.equal(onward?.[0]?.downgraded, plainAfterTls === 'observe' ? true : undefined)
    }
  })
})

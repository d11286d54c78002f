import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { protocolVersion, suiteByCode } from '../registry/index.ts'
import { encodeClientHello, type ClientHello } from '../wire/index.ts'
import { COMMON_OLD_SUITES, OLD_CURVES, OLD_GROUPS, OLD_SUITES, SIGNATURE_SCHEMES } from './candidates.ts'
import { suiteGuess } from './guess-suite.ts'
import type { HelloProtocol } from './hello.ts'
import type { Manners } from './manners.ts'
import { libraryRankings } from './rankings.ts'
import { SuiteSearch } from './suite-search.ts'
import { alertBytes, calmManners, choice, drive, helloBytes, type Model } from './testdata/model-server.ts'

const isChaCha = (code: number): boolean => suiteByCode(code)?.enc.startsWith('CHACHA20') === true
const isDhe = (code: number): boolean => suiteByCode(code)?.kx === 'DHE'
const sorted = (items: readonly number[]): number[] => items.toSorted((one, other) => one - other)

/** What makes a ClientHello unwelcome. */
type Refusal = 'handshake_failure' | 'closed' | 'internal_error'

interface Server {
  readonly suites: readonly number[]
  /** `chacha`: its own order, but for clients that put ChaCha20 first, as OpenSSL's SSL_OP_PRIORITIZE_CHACHA. */
  readonly chooses: 'server' | 'client' | 'chacha'
  readonly refuses: Refusal
}

function says(refusal: Refusal): ReturnType<Model> {
  return refusal === 'closed' ? 'closed' : alertBytes(refusal)
}

function modelOf({ suites, chooses, refuses }: Server, protocol: HelloProtocol = 'TLSv1.2'): Model {
  const version = protocolVersion.code(protocol)
  return ({ cipherSuites, legacyVersion }) => {
    if (legacyVersion !== version) return alertBytes('protocol_version')
    const wished = chooses === 'chacha' && isChaCha(cipherSuites[0] ?? 0)
    const special = wished ? suites.find((code) => isChaCha(code) && cipherSuites.includes(code)) : undefined
    const chosen = special ?? choice(suites, chooses === 'client' ? 'client' : 'server', cipherSuites)
    return chosen === undefined ? says(refuses) : helloBytes(version, chosen)
  }
}

interface Given {
  readonly width?: number
  readonly ranking?: readonly number[]
  readonly fields?: boolean
  readonly manners?: Manners
  readonly protocol?: HelloProtocol
  readonly candidates?: readonly number[]
}

async function found(
  model: Model,
  { width = 1, ranking, fields = false, manners = calmManners(), protocol = 'TLSv1.2', candidates = OLD_SUITES }: Given = {},
): Promise<{ search: SuiteSearch; questions: number; manners: Manners }> {
  const guessed = ranking === undefined ? suiteGuess(libraryRankings()) : undefined
  const search = new SuiteSearch({
    protocol,
    candidates,
    base: { groups: OLD_GROUPS, signatureSchemes: SIGNATURE_SCHEMES, serverName: 'mail.example' },
    guess: (items, known) => {
      if (guessed !== undefined) return guessed(items, known)
      const item = ranking?.find((one) => items.includes(one))
      return item === undefined ? undefined : { item, sure: true }
    },
    manners,
    common: COMMON_OLD_SUITES,
    newer: [],
    fields,
  })
  const questions = await drive(search, model, width)
  return { search, questions, manners }
}

function assertExact(search: SuiteSearch, { suites, chooses }: Server): void {
  assert.deepEqual(sorted(search.removal.found), sorted(suites))
  if (chooses !== 'client') assert.deepEqual(search.removal.ordered, suites)
  assert.deepEqual([search.done, search.complete, search.expected], [true, true, 0])
}

const USUAL = OLD_SUITES.filter((code) => /^(?:ECDHE|DHE|RSA)$/.test(suiteByCode(code)?.kx ?? ''))
const some = fc.shuffledSubarray([...OLD_SUITES], { minLength: 1, maxLength: 25 })
const someUsual = fc.shuffledSubarray([...USUAL], { minLength: 1, maxLength: 25 })
const server: fc.Arbitrary<Server> = fc.record({
  suites: some,
  chooses: fc.constantFrom('server', 'client', 'chacha'),
  refuses: fc.constantFrom<Refusal>('handshake_failure', 'closed', 'internal_error'),
})
const width = fc.integer({ min: 1, max: 6 })

describe('SuiteSearch: a model server', () => {
  test('its suites are found exactly, in its order where it has one, whatever is guessed and however many questions run at once', async () => {
    await fc.assert(
      fc.asyncProperty(server, width, fc.shuffledSubarray([...OLD_SUITES]), async (server, width, ranking) => {
        const { search } = await found(modelOf(server), { width, ranking })
        assertExact(search, server)
        if (server.suites.length > 1 && server.chooses !== 'chacha') assert.equal(search.removal.chooser, kindlessChooser(search, server))
      }),
      { numRuns: 30 },
    )
  })

  /** Where no two suites share an authentication, nobody can tell whether the client chooses. */
  function kindlessChooser({ removal }: SuiteSearch, { suites, chooses }: Server): string {
    const kinds = new Set(suites.map((code) => suiteByCode(code)?.au))
    return chooses === 'client' && kinds.size === suites.length ? removal.chooser : chooses
  }

  /** What is asked beside a question for each suite: one is refused, and two may compare. */
  const extras: readonly { refuses: Refusal; extra: number; reason: string }[] = [
    {
      refuses: 'handshake_failure',
      extra: 5,
      reason: 'an alert that says what it means, and a question whether it is for what was offered',
    },
    { refuses: 'internal_error', extra: 6 + 12, reason: 'one that does not: what it refuses is asked once, and each kind of suite apart' },
    { refuses: 'closed', extra: 6 + 12, reason: 'a close says no more' },
  ]
  for (const { refuses, extra, reason } of extras) {
    test(`a question for each suite and at most ${extra} more, where it refuses with ${refuses}: ${reason}`, async () => {
      await fc.assert(
        fc.asyncProperty(server, async (given) => {
          const server = { ...given, refuses }
          const { search, questions } = await found(modelOf(server))
          assertExact(search, server)
          assert.ok(questions <= server.suites.length + extra, `${questions} questions for ${server.suites.length} suites`)
        }),
        { numRuns: 25 },
      )
    })
  }

  test('kinds of which something is found are asked together, since nothing hides behind what works', async () => {
    const suites = [0xc02f, 0xc02b, 0x009e, 0x002f, 0xc018, 0x0034, 0x0032]
    const { search, questions } = await found(modelOf({ suites, chooses: 'server', refuses: 'closed' }))
    assert.deepEqual([search.removal.ordered, search.complete], [suites, true])
    assert.ok(questions <= suites.length + 5, `${questions} questions`)
  })

  test('whatever is guessed wrongly, questions for nothing stay few', async () => {
    await fc.assert(
      fc.asyncProperty(some, width, fc.shuffledSubarray([...OLD_SUITES]), async (suites, width, ranking) => {
        const server: Server = { suites, chooses: 'server', refuses: 'handshake_failure' }
        const { questions } = await found(modelOf(server), { width, ranking })
        const most = suites.length * 1.4 + 3 * width + 4
        assert.ok(questions <= most, `${questions} questions for ${suites.length} suites, ${width} at a time`)
      }),
      { numRuns: 30 },
    )
  })
})

describe('SuiteSearch: what is offered', () => {
  test('ChaCha20 never leads an offer while anything else can: some servers would move it up', async () => {
    let alone = 0
    const suites = [0xc02f, 0xcca8, 0xc030, 0xccaa, 0x009e]
    const model = modelOf({ suites, chooses: 'chacha', refuses: 'handshake_failure' })
    const { search } = await found(
      (hello) => {
        const offered = hello.cipherSuites.filter((code) => code !== 0x00ff)
        if (offered.every((code) => isChaCha(code))) alone++
        else assert.equal(isChaCha(offered[0]!), false, offered.join())
        return model(hello)
      },
      { candidates: [0xccaa, 0xcca8, 0xcca9, ...suites.filter((code) => !isChaCha(code)), 0xccac] },
    )
    assert.deepEqual([search.removal.ordered, search.removal.chooser], [suites, 'server'])
    assert.ok(alone > 0, 'what else would be left at last')
  })
})

describe('SuiteSearch: disasters', () => {
  /** In place of the answers with these numbers. */
  function failing(model: Model, disasters: readonly (ReturnType<Model> | undefined)[]): Model {
    let asked = 0
    return (hello) => disasters[asked++] ?? model(hello)
  }
  const disaster = fc.constantFrom<ReturnType<Model>>('silent', 'reset')

  test('silence and resets that pass change nothing', async () => {
    const sometimes = fc.array(fc.tuple(disaster, fc.integer({ min: 1, max: 4 })), { maxLength: 15 })
    await fc.assert(
      fc.asyncProperty(server, sometimes, async (server, sometimes) => {
        const disasters = sometimes.flatMap(([one, calm]) => [one, ...Array.from({ length: calm }, () => undefined)])
        const { search } = await found(failing(modelOf(server), disasters))
        assertExact(search, server)
      }),
      { numRuns: 25 },
    )
  })

  test('a close that passes changes nothing at a server that says its refusals', async () => {
    const at = fc.uniqueArray(fc.integer({ min: 4, max: 60 }), { maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(some, at, fc.integer({ min: 3, max: 6 }), async (suites, at, apart) => {
        const manners = calmManners()
        const server: Server = { suites, chooses: 'server', refuses: 'handshake_failure' }
        // Another protocol was refused before: alerts are known to be its way.
        await found(modelOf({ ...server, suites: [] }), { manners })
        const closes = new Set(at.map((one) => one * apart))
        const disasters = Array.from({ length: 400 }, (_, number) => (closes.has(number) ? ('closed' as const) : undefined))
        assertExact((await found(failing(modelOf(server), disasters), { manners })).search, server)
      }),
      { numRuns: 25 },
    )
  })

  test('nor does one that meets the last suite', async () => {
    const server: Server = { suites: [0xc02f, 0x002f], chooses: 'server', refuses: 'handshake_failure' }
    const manners = calmManners()
    await found(modelOf({ ...server, suites: [] }), { manners })
    const { search } = await found(failing(modelOf(server), [undefined, 'closed']), { manners, candidates: server.suites })
    assertExact(search, server)
  })

  test('silence where it is asked what a refusal looks like is none', async () => {
    let silences = 0
    const usual = modelOf({ suites: [0xc02f, 0x002f], chooses: 'server', refuses: 'internal_error' })
    const { search, manners } = await found((hello) => (hello.cipherSuites.includes(0) && silences++ < 1 ? 'silent' : usual(hello)))
    assert.deepEqual([manners.refusalStyle, search.complete, silences > 1], ['alert internal_error', true, true])
  })

  test('a suite that is met with silence, even alone, is left unknown: it is neither found nor broken', async () => {
    const deaf = 0x009e
    const usual = modelOf({ suites: [0xc02f, 0x002f], chooses: 'server', refuses: 'handshake_failure' })
    const { search } = await found((hello) => (choice([0xc02f, deaf], 'server', hello.cipherSuites) === deaf ? 'silent' : usual(hello)))
    assert.deepEqual([search.removal.ordered, search.removal.unknown, search.removal.broken], [[0xc02f, 0x002f], [deaf], []])
    assert.equal(search.complete, false)
  })

  test('a server that is silent to nearly everything is not asked for ever', async () => {
    const { search, questions } = await found(({ cipherSuites }) => {
      if (cipherSuites.includes(0xc02f)) return helloBytes(0x0303, 0xc02f)
      return cipherSuites.includes(0) ? alertBytes('handshake_failure') : 'silent'
    })
    assert.deepEqual([search.removal.found, search.complete], [[0xc02f], false])
    assert.ok(questions <= 60, `${questions} questions`)
  })

  test('is never complete when something was left unheard, and never finds what is not there', async () => {
    const often = fc.array(fc.oneof({ arbitrary: disaster, weight: 2 }, { arbitrary: fc.constant(undefined), weight: 1 }), {
      minLength: 30,
      maxLength: 200,
    })
    let left = 0
    await fc.assert(
      fc.asyncProperty(server, width, often, async (server, width, disasters) => {
        const { search } = await found(failing(modelOf(server), disasters), { width })
        assert.equal(search.done, true)
        assert.ok(search.removal.found.every((code) => server.suites.includes(code)))
        if (search.complete) assert.deepEqual(sorted(search.removal.found), sorted(server.suites))
        else left++
      }),
      { numRuns: 25 },
    )
    assert.ok(left > 5, 'something was left')
  })

  const dead: readonly { says: ReturnType<Model>; refusal: string; most: number; reason: string }[] = [
    { says: 'silent', refusal: 'no answer within 0.1 s', most: 3, reason: 'silence is no refusal' },
    { says: 'reset', refusal: 'connection reset', most: 3, reason: 'nor is a reset' },
    { says: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), refusal: 'not TLS', most: 3, reason: 'nor is another protocol' },
  ]
  for (const { says, refusal, most, reason } of dead) {
    test(`${reason}: asked ${most} times, then left unknown`, async () => {
      const { search, questions } = await found(() => says)
      assert.deepEqual([search.complete, search.done, search.removal.found], [false, true, []])
      assert.match(search.refusal ?? '', new RegExp(refusal))
      assert.equal(questions, most)
    })
  }
})

describe('SuiteSearch: a protocol that is refused as a whole', () => {
  const rows: readonly { model: Model; refusal: string; most: number; reason: string }[] = [
    { model: () => alertBytes('protocol_version'), refusal: 'alert protocol_version', most: 3, reason: 'that is what the alert says' },
    {
      model: () => alertBytes('handshake_failure'),
      refusal: 'alert handshake_failure',
      most: 4,
      reason: 'so are all suites there are, the common ones in a short hello, and those that no filter minds',
    },
    { model: () => 'closed', refusal: 'connection closed', most: 6, reason: 'simpler hellos are closed on as well' },
    {
      model: () => helloBytes(0x0301, 0x002f),
      refusal: 'answered with TLSv1',
      most: 1,
      reason: 'an older version is chosen, RFC 5246 §E.1',
    },
  ]
  for (const { model, refusal, most, reason } of rows) {
    test(`${refusal}: ${reason}`, async () => {
      const { search, questions } = await found(model)
      assert.deepEqual([search.refusal, search.complete, search.removal.found], [refusal, true, []])
      assert.ok(questions <= most, `${questions} questions`)
    })
  }
})

describe('SuiteSearch: filters that have whole hellos refused for what they name', () => {
  const kinds: readonly (readonly [what: string, suites: readonly number[]])[] = [
    ['RC4', [0x0004, 0x0005]],
    ['3DES', [0x000a]],
    ['ECDSA', [0xc009, 0xc02b]],
    ['AES-256 with RSA', [0x0035]],
    ['RC4 and export suites', [0x0003, 0x0005]],
  ]
  const ways = ['handshake_failure', 'insufficient_security', 'internal_error', 'illegal_parameter', 'protocol_version', 'closed'] as const
  for (const [what, named] of kinds) {
    for (const way of ways) {
      for (const protocol of ['TLSv1.2', 'TLSv1'] as const) {
        test(`${protocol}, ${what}, ${way}: the version and its suites are found`, async () => {
          const suites = protocol === 'TLSv1.2' ? [0xc02f, 0xc030, 0x002f] : [0xc013, 0x002f]
          const usual = modelOf({ suites, chooses: 'server', refuses: 'handshake_failure' }, protocol)
          const manners = calmManners()
          // As after TLS 1.2, which was refused so and is served all the same.
          manners.versionsDoubtful = protocol !== 'TLSv1.2'
          const model: Model = (hello) => {
            if (!named.some((suite) => hello.cipherSuites.includes(suite))) return usual(hello)
            return way === 'closed' ? 'closed' : alertBytes(way)
          }
          const { search, questions } = await found(model, { protocol, manners })
          assert.deepEqual([sorted(search.removal.found), search.complete], [sorted(suites), true])
          assert.ok(questions <= 130, `${questions} questions`)
        })
      }
    }
  }

  test('that an older version is not spoken is asked again only where TLS 1.2 was refused so and is served', async () => {
    const { search, questions } = await found(() => alertBytes('protocol_version'), { protocol: 'TLSv1' })
    assert.deepEqual([search.refusal, questions], ['alert protocol_version', 1])
  })
})

describe('SuiteSearch: servers that break down', () => {
  const SUITES = [0xc02f, 0xc030, 0x009e, 0x009f, 0x002f, 0x0035]

  test('suites that are chosen and break the handshake hide none of the others, and are told apart', async () => {
    await fc.assert(
      fc.asyncProperty(
        someUsual,
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom<Refusal>('handshake_failure', 'closed'),
        async (suites, every, refuses) => {
          const broken = new Set(suites.filter((_code, index) => index % (every + 2) === 1))
          const model: Model = ({ cipherSuites }) => {
            const chosen = choice(suites, 'server', cipherSuites)
            if (chosen === undefined) return says(refuses)
            return broken.has(chosen) ? alertBytes('internal_error') : helloBytes(0x0303, chosen)
          }
          const { search } = await found(model)
          assert.deepEqual(
            search.removal.ordered,
            suites.filter((code) => !broken.has(code)),
          )
          assert.deepEqual(sorted(search.removal.broken), sorted([...broken]))
          assert.equal(search.complete, true)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('a kind that closes on whoever gets it hides no other, though refusals are closes too (Dovecot without DH parameters)', async () => {
    const model: Model = ({ cipherSuites }) => {
      const chosen = choice([0xc030, 0x009f, 0x009e, 0xc02f, 0x0033, 0x002f], 'server', cipherSuites)
      return chosen === undefined || isDhe(chosen) ? 'closed' : helloBytes(0x0303, chosen)
    }
    const { search, manners } = await found(model)
    assert.deepEqual([search.removal.ordered, search.complete, search.endedByClose], [[0xc030, 0xc02f, 0x002f], true, true])
    assert.deepEqual([manners.hiding, manners.refusalStyle], ['yes', 'closed'])
  })

  test('nor does one that comes first of all, so that nothing is known of the server yet', async () => {
    const model: Model = ({ cipherSuites }) => {
      const chosen = choice([0x009f, 0x0033, 0xc030, 0x002f], 'server', cipherSuites)
      return chosen === undefined || isDhe(chosen) ? 'closed' : helloBytes(0x0303, chosen)
    }
    const { search } = await found(model)
    assert.deepEqual([search.removal.ordered, search.complete], [[0xc030, 0x002f], true])
  })

  test('where nothing hides, later searches ask for no kind apart', async () => {
    const server: Server = { suites: SUITES, chooses: 'server', refuses: 'closed' }
    const first = await found(modelOf(server))
    const second = await found(modelOf(server, 'TLSv1.1'), { manners: first.manners, protocol: 'TLSv1.1' })
    assert.deepEqual([first.manners.hiding, second.search.removal.ordered, second.search.complete], ['no', SUITES, true])
    assert.ok(second.questions < first.questions, `${second.questions} after ${first.questions}`)
    assert.ok(second.questions <= SUITES.length + 2)
  })

  test('a server that reads only so many suites is offered no more, and all are found (wolfSSL)', async () => {
    const model: Model = (hello) =>
      hello.cipherSuites.length > 151
        ? alertBytes('decode_error')
        : modelOf({ suites: SUITES, chooses: 'server', refuses: 'handshake_failure' })(hello)
    const { search, manners } = await found(model)
    assert.deepEqual([search.removal.ordered, search.complete], [SUITES, true])
    assert.ok(manners.mostSuites <= 150, String(manners.mostSuites))
  })

  const lengths: readonly { stands: (hello: ClientHello) => boolean; most: number; reason: string }[] = [
    { stands: ({ cipherSuites }) => cipherSuites.length <= 151, most: 90, reason: 'more than 150 suites' },
    { stands: ({ cipherSuites }) => cipherSuites.length <= 101, most: 90, reason: 'more than 100 suites' },
    { stands: (hello) => encodeClientHello(hello).length <= 512, most: 90, reason: 'more than 512 bytes' },
  ]
  for (const { stands, most, reason } of lengths) {
    test(`a server that says handshake_failure to ${reason} is offered less, in every protocol`, async () => {
      const model = modelOf({ suites: SUITES, chooses: 'server', refuses: 'handshake_failure' })
      const balking: Model = (hello) => (stands(hello) ? model(hello) : alertBytes('handshake_failure'))
      const { search, manners, questions } = await found(balking)
      assert.deepEqual([sorted(search.removal.found), search.complete], [sorted(SUITES), true])
      assert.ok(manners.mostSuites <= most, String(manners.mostSuites))
      assert.ok(questions <= SUITES.length + 30, `${questions} questions`)
      const older = await found(
        (hello) =>
          stands(hello)
            ? modelOf({ suites: [0x002f], chooses: 'server', refuses: 'handshake_failure' }, 'TLSv1.1')(hello)
            : alertBytes('handshake_failure'),
        { manners, protocol: 'TLSv1.1' },
      )
      assert.deepEqual([older.search.removal.found, older.search.complete], [[0x002f], true])
    })
  }

  test('a suite whose mere presence has every hello refused is found, and hides nothing', async () => {
    const poison = 0xc05d
    const usual = modelOf({ suites: SUITES, chooses: 'client', refuses: 'handshake_failure' })
    const model: Model = (hello) => (hello.cipherSuites.includes(poison) ? alertBytes('handshake_failure') : usual(hello))
    const { search, manners, questions } = await found(model)
    assert.deepEqual([sorted(search.removal.found), search.removal.broken, search.complete], [sorted(SUITES), [poison], true])
    assert.ok(questions <= 60, `${questions} questions`)
    const again = await found(model, { manners })
    assert.deepEqual([sorted(again.search.removal.found), again.search.complete], [sorted(SUITES), true])
    assert.ok(again.questions <= SUITES.length + 8, `${again.questions} questions once it is known`)
  })

  test('nor does one that a server chooses first of all and then refuses, where the client chooses', async () => {
    const bad = 0x009e
    const model: Model = ({ cipherSuites }) => {
      const chosen = choice([...SUITES], 'client', cipherSuites)
      return chosen === undefined || chosen === bad ? alertBytes('handshake_failure') : helloBytes(0x0303, chosen)
    }
    const { search } = await found(model)
    assert.deepEqual([sorted(search.removal.found), search.complete], [sorted(SUITES.filter((code) => code !== bad)), true])
  })

  test('refusals are controlled once for a server whose long hellos are answered', async () => {
    const server: Server = { suites: SUITES, chooses: 'server', refuses: 'handshake_failure' }
    const first = await found(modelOf(server))
    const second = await found(modelOf(server, 'TLSv1.1'), { manners: first.manners, protocol: 'TLSv1.1' })
    assert.equal(second.questions, first.questions - 1)
  })

  test('a server that refuses everything from some time on is given up, and its list is not complete', async () => {
    for (const served of [1, 3, 6]) {
      let asked = 0
      const usual = modelOf({ suites: SUITES, chooses: 'server', refuses: 'handshake_failure' })
      const { search, manners, questions } = await found((hello) => (asked++ < served ? usual(hello) : alertBytes('handshake_failure')))
      assert.deepEqual([search.complete, manners.hadEnough, search.removal.found.length], [false, true, served])
      assert.ok(questions <= served + 8, `${questions} questions`)
    }
  })

  test('what hides is found out once: other protocols are asked for that and for all else', async () => {
    const closing = (protocol: HelloProtocol, suites: readonly number[]): Model => {
      const version = protocolVersion.code(protocol)
      return ({ cipherSuites }) => {
        const chosen = choice(suites, 'server', cipherSuites)
        return chosen === undefined || isDhe(chosen) ? 'closed' : helloBytes(version, chosen)
      }
    }
    const first = await found(closing('TLSv1.2', [0xc030, 0x009f, 0xc02f, 0x002f]))
    assert.deepEqual([...first.manners.hiders], ['DHE RSA'])
    const given = { manners: first.manners, protocol: 'TLSv1.1' } as const
    const second = await found(closing('TLSv1.1', [0x0033, 0x002f, 0xc018]), given)
    assert.deepEqual([second.search.removal.ordered, second.search.complete], [[0x002f, 0xc018], true])
    const none = await found(closing('TLSv1.1', []), given)
    assert.deepEqual([none.search.complete, none.questions], [true, 3])
  })

  const forms = [
    {
      form: 'short',
      stands: ({ extensions }: ClientHello) => (extensions ?? []).reduce((sum, one) => sum + one.data.length, 0) < 100,
      reason: 'long lists of groups and schemes',
    },
    { form: 'bare', stands: ({ extensions }: ClientHello) => extensions === undefined, reason: 'extensions, from before RFC 3546 §2' },
  ] as const
  for (const { form, stands, reason } of forms) {
    test(`a server that breaks on ${reason} is spoken to in hellos that are ${form}`, async () => {
      const usual = modelOf({ suites: [0x002f, 0x000a], chooses: 'server', refuses: 'handshake_failure' })
      const { search, manners } = await found((hello) => (stands(hello) ? usual(hello) : alertBytes('decode_error')))
      assert.deepEqual([manners.form, search.removal.ordered, search.complete], [form, [0x002f, 0x000a], true])
    })
  }

  test('a server that chooses what nobody offered is not asked for ever, and nothing is made of it', async () => {
    let next = 0xfa00
    const { search, questions } = await found(() => helloBytes(0x0303, next++))
    assert.deepEqual([search.removal.found, search.complete], [[], false])
    assert.ok(questions < 20, `${questions} questions`)
  })
})

describe('SuiteSearch: groups of RFC 7919 §4', () => {
  /** Refuses DHE to clients that name ffdhe groups, none of which it has. */
  function picky(suites: readonly number[]): Model {
    const usual = (accepts: readonly number[]): Model => modelOf({ suites: accepts, chooses: 'server', refuses: 'handshake_failure' })
    return (hello) => {
      const groups = hello.extensions?.find(({ type }) => type === 10)?.data ?? new Uint8Array(0)
      const namesFields = Array.from(groups).some((byte, index) => index >= 2 && index % 2 === 0 && byte === 1)
      return usual(namesFields ? suites.filter((code) => !isDhe(code)) : suites)(hello)
    }
  }
  const ALL = [0xc02f, 0x009e, 0x0033, 0x002f]
  const rows = [
    { model: picky(ALL), fields: true, suites: ALL, learned: 'differ', reason: 'DHE is found by hellos that name curves alone' },
    {
      model: picky(ALL),
      fields: false,
      suites: [0xc02f, 0x002f],
      learned: 'unknown',
      reason: 'who did not want to know asks nothing more',
    },
    {
      model: picky([0x009e, 0x0033]),
      fields: true,
      suites: [0x009e, 0x0033],
      learned: 'differ',
      reason: 'though nothing else is accepted',
    },
    {
      model: modelOf({ suites: [0xc02f, 0x002f], chooses: 'server', refuses: 'handshake_failure' }),
      fields: true,
      suites: [0xc02f, 0x002f],
      learned: 'same',
      reason: 'a server without DHE has none then either',
    },
    {
      model: modelOf({ suites: ALL, chooses: 'server', refuses: 'handshake_failure' }),
      fields: true,
      suites: ALL,
      learned: 'same',
      reason: 'a server that does not mind them is asked nothing more',
    },
  ] as const
  for (const { model, fields, suites, learned, reason } of rows) {
    test(reason, async () => {
      const { search, manners } = await found(model, { fields })
      assert.deepEqual([sorted(search.removal.found), search.complete, manners.fields], [sorted(suites), true, learned])
    })
  }

  test('where DHE was chosen among those who name such groups, nobody asks again', async () => {
    const model = modelOf({ suites: ALL, chooses: 'server', refuses: 'handshake_failure' })
    const [asking, not] = [await found(model, { fields: true }), await found(model)]
    assert.equal(asking.questions, not.questions)
    // The older protocol has no DHE: what is known of the newer one is enough, as it is for how refusals are meant.
    const older = modelOf({ suites: [0x002f], chooses: 'server', refuses: 'handshake_failure' }, 'TLSv1.1')
    const given = { protocol: 'TLSv1.1', fields: true } as const
    const [after, before] = [await found(older, { ...given, manners: asking.manners }), await found(older, given)]
    assert.deepEqual([after.questions, before.manners.fields], [before.questions - 2, 'same'])
  })

  test('the hello that asks names curves and no ffdhe group', () => {
    assert.ok(OLD_CURVES.length > 0 && OLD_CURVES.every((group) => group < 0x0100 || group > 0x01ff))
    assert.ok(OLD_GROUPS.some((group) => group >= 0x0100 && group <= 0x01ff))
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { buildOf } from './build.ts'
import { explainCipherList, type TermExplanation } from './explain.ts'
import { OPENSSL_GENERATIONS, type OpensslGeneration } from './generation.ts'
import { resolveCipherList } from './resolve.ts'

function effects(list: string, generation: OpensslGeneration): string[] {
  return explainCipherList(list, { generation }).terms.map(inWords)
}

function inWords({ text, effect, suites, idle, lost, count }: TermExplanation): string {
  const why = idle === undefined ? '' : ` (${idle.reason}${idle.reason === 'unknown' ? `: ${idle.word.kind}` : ''})`
  return `${text}: ${effect}${why} ${suites.length}${lost === '' ? '' : `, lost ${lost}`} = ${count}`
}

describe('explainCipherList() term by term', () => {
  const cases: readonly (readonly [why: string, generation: OpensslGeneration, list: string, expected: readonly string[]])[] = [
    [
      'added, then what is there already stays',
      '3.0',
      'AESGCM:HIGH:AES256',
      ['AESGCM: added 18 = 18', 'HIGH: added 119 = 137', 'AES256: nothing (already-there) 0 = 137'],
    ],
    [
      'removed may come back, banned may not',
      '3.0',
      'RSA:-AESGCM:!CAMELLIA:RSA',
      ['RSA: added 19 = 19', '-AESGCM: removed 2 = 17', '!CAMELLIA: banned 4 = 13', 'RSA: added 2 = 15'],
    ],
    ['a ban in advance is an effect', '3.0', '!aNULL:HIGH', ['!aNULL: banned 0 = 0', 'HIGH: added 125 = 125']],
    [
      'a ban twice is none',
      '3.0',
      'HIGH:!aNULL:!aNULL',
      ['HIGH: added 137 = 137', '!aNULL: banned 12 = 125', '!aNULL: nothing (banned-before) 0 = 125'],
    ],
    [
      'moved, and moved in vain',
      '3.0',
      'AES128-SHA:AES256-SHA:+AES128:+AES128:+CHACHA20',
      [
        'AES128-SHA: added 1 = 1',
        'AES256-SHA: added 1 = 2',
        '+AES128: moved 1 = 2',
        '+AES128: nothing (same-order) 0 = 2',
        '+CHACHA20: nothing (not-there) 0 = 2',
      ],
    ],
    ['minus on what is not there', '3.0', 'AES128-SHA:-CHACHA20', ['AES128-SHA: added 1 = 1', '-CHACHA20: nothing (not-there) 0 = 1']],
    [
      'sorted, and sorted in vain',
      '3.0',
      'AES128-SHA:AES256-SHA:@STRENGTH:@STRENGTH',
      ['AES128-SHA: added 1 = 1', 'AES256-SHA: added 1 = 2', '@STRENGTH: sorted 2 = 2', '@STRENGTH: nothing (same-order) 0 = 2'],
    ],
    ['level and what is lost behind it', '3.0', 'HIGH@SECLEVEL=1+X', ['HIGH: added 137 = 137', '@SECLEVEL=1: level 0, lost +X = 137']],
    ['a parts that exclude each other', '3.0', 'kRSA+kPSK:HIGH', ['kRSA+kPSK: nothing (contradiction) 0 = 0', 'HIGH: added 137 = 137']],
    [
      'text behind an unknown name',
      '3.0',
      'HIGH:NOSUCH!aNULL',
      ['HIGH: added 137 = 137', 'NOSUCH: nothing (unknown: nonsense) 0, lost !aNULL = 137'],
    ],
    [
      'an IANA name before 3.2 is told whole',
      '3.0',
      'HIGH:TLS_RSA_WITH_AES_128_CBC_SHA!X',
      ['HIGH: added 137 = 137', 'TLS_RSA_WITH_AES_128_CBC_SHA: nothing (unknown: foreign-name) 0, lost !X = 137'],
    ],
    ['an IANA name since 3.2', '3.5', 'TLS_RSA_WITH_AES_128_CBC_SHA', ['TLS_RSA_WITH_AES_128_CBC_SHA: added 1 = 1']],
    [
      'a GnuTLS name',
      '3.5',
      'AES:TLS_RSA_AES_128_CBC_SHA1',
      ['AES: added 86 = 86', 'TLS_RSA_AES_128_CBC_SHA1: nothing (unknown: foreign-name) 0 = 86'],
    ],
    [
      'a TLS 1.3 name',
      '3.5',
      'AES:!TLS_AES_128_GCM_SHA256',
      ['AES: added 86 = 86', '!TLS_AES_128_GCM_SHA256: nothing (unknown: tls13) 0 = 86'],
    ],
    ['wrong case', '3.5', 'AES:!anull', ['AES: added 86 = 86', '!anull: nothing (unknown: wrong-case) 0 = 86']],
    [
      'words of other generations and of engines',
      '3.0',
      'AES:EXPORT:kGOST:RC4-SHA',
      [
        'AES: added 86 = 86',
        'EXPORT: nothing (unknown: other-generation) 0 = 86',
        'kGOST: nothing (unknown: needs-engine) 0 = 86',
        'RC4-SHA: nothing (unknown: no-such-suite) 0 = 86',
      ],
    ],
    [
      'a word without suites',
      '3.0',
      'AES:3DES:LOW',
      ['AES: added 86 = 86', '3DES: nothing (not-compiled-in) 0 = 86', 'LOW: nothing (not-compiled-in) 0 = 86'],
    ],
    [
      'DEFAULT at the start and later',
      '3.0',
      'DEFAULT:DEFAULT',
      ['DEFAULT: added 57 = 57', 'DEFAULT: nothing (unknown: not-at-start) 0 = 57'],
    ],
    ['Suite B drops what follows', '3.0', 'SUITEB192:ALL', ['SUITEB192: added 1, lost :ALL = 1']],
    ['what refuses the list', '3.0', 'HIGH:@NOPE:!MD5', ['HIGH: added 137 = 137', '@NOPE: refused 0 = 137', '!MD5: banned 0 = 137']],
  ]
  for (const [why, generation, list, expected] of cases) {
    test(`${why}: ${list}`, () => {
      assert.deepEqual(effects(list, generation), expected)
    })
  }

  test('DEFAULT shows what it stands for', () => {
    const [term] = explainCipherList('DEFAULT', { generation: '3.5' }).terms
    assert.deepEqual(
      term?.standsFor.map((inner) => inner.text),
      ['ALL', '!COMPLEMENTOFDEFAULT', '!eNULL'],
    )
  })

  test('explains the very list that resolveCipherList() gives', () => {
    const words = [...buildOf('3.0').vocabulary.keys(), 'NOSUCH', '@STRENGTH', 'high']
    const term = fc.tuple(fc.constantFrom('', '!', '-', '+'), fc.constantFrom(...words)).map(([sign, word]) => sign + word)
    fc.assert(
      fc.property(fc.array(term, { maxLength: 8 }), fc.constantFrom(...OPENSSL_GENERATIONS), (terms, generation) => {
        const list = terms.join(':')
        assert.deepEqual(explainCipherList(list, { generation }).resolution, resolveCipherList(list, { generation }))
      }),
    )
  })
})

describe('warnings', () => {
  const cases: readonly (readonly [why: string, generation: OpensslGeneration, list: string, ids: readonly string[]])[] = [
    ['a good list has none', '3.0', 'ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!MD5:!RC4:!3DES:!EXPORT', []],
    ['HIGH brings anonymous suites', '3.0', 'HIGH', ['anonymous-suites']],
    ['kRSA brings suites without encryption', '3.0', 'kRSA', ['null-encryption']],
    ['level 0 with both', '3.0', 'ALL:eNULL:@SECLEVEL=0', ['anonymous-suites', 'null-encryption', 'security-level-0']],
    ['level 0 alone', '3.0', 'AES128-SHA:@SECLEVEL=0', ['security-level-0']],
    ['the default level of 3.5 forbids the short tag', '3.5', 'AESCCM8', ['below-security-level']],
    ['a level in the list forbids suites without forward secrecy', '3.0', 'AES256-SHA:@SECLEVEL=3', ['below-security-level']],
    ['!SSLv3 takes AES away', '1.1.1', 'ALL:!aNULL:!SSLv3', ['protocol-word']],
    ['-TLSv1.0 too', '1.1.1', 'DEFAULT:-TLSv1.0', ['protocol-word']],
    ['but TLSv1.2 as a word to add is meant', '1.1.1', 'TLSv1.2:!aNULL:!eNULL', []],
    ['RC4 and 3DES are there in 1.0.2', '1.0.2', 'DEFAULT', ['weak-suites']],
    [
      'the default of Kerio Connect, with OpenSSL 3',
      '3.0',
      'AESGCM:HIGH:+EDH-RSA-DES-CBC3-SHA:+EDH-DSS-DES-CBC3-SHA:+DES-CBC3-SHA',
      ['anonymous-suites', 'empty-3des', 'empty-3des', 'empty-3des'],
    ],
    [
      'unknown in one way or another',
      '3.0',
      'AESGCM:high:TLS_AES_128_GCM_SHA256:TLS_RSA_WITH_NULL_MD5:TLS_RSA_NULL_MD5:DEFAULT:NOSUCH:kDH:GOST:SEED:IDEA-CBC-SHA:!aNULL',
      [
        'wrong-case',
        'tls13-name',
        'iana-name',
        'foreign-name',
        'default-not-first',
        'unknown-word',
        'unknown-word',
        'unknown-word',
        'unknown-word',
        'not-compiled-in',
      ],
    ],
    ['bans of what is not there are harmless', '3.0', 'AESGCM:!aNULL:!kDH:!GOST:!SEED:!IDEA-CBC-SHA:!LOW:!EXPORT:!DES-CBC3-SHA', []],
    ['but misspelled bans are not', '3.0', 'AESGCM:!aNULL:!md5:!NOSUCH', ['wrong-case', 'unknown-word']],
    ['lost text', '3.0', 'AESGCM:!aNULL:NOSUCH!MD5', ['unknown-word', 'lost-text']],
    ['DEFAULT without a colon', '3.0', 'DEFAULTHIGH:!aNULL', ['default-glued']],
    ['DEFAULT with any separator', '3.0', 'DEFAULT HIGH:!aNULL', []],
    ['a word without suites', '3.5', 'AESGCM:!aNULL:LOW', ['not-compiled-in']],
  ]
  for (const [why, generation, list, ids] of cases) {
    test(why, () => {
      const { warnings } = explainCipherList(list, { generation })
      assert.deepEqual(
        warnings.map((warning) => warning.id),
        ids,
      )
      for (const { message, remedy, at, text } of warnings) {
        assert.match(message, /^[A-Z0-9@!"+-].*\.$/i)
        if (remedy !== undefined) assert.match(remedy, /\.$/)
        if (at !== undefined) assert.ok(list.slice(at).startsWith(text ?? '?'))
      }
    })
  }

  const messages: readonly (readonly [why: string, generation: OpensslGeneration, list: string, id: string, message: string])[] = [
    [
      'who names anonymous suites is not told that others bring them along',
      '3.0',
      'aNULL:HIGH',
      'anonymous-suites',
      'The list contains 13 anonymous suites (aNULL), which aNULL brings along: security level 1 keeps them from being used, as every level but 0 does.',
    ],
    [
      'each term that adds some is named, and none that adds nothing',
      '3.0',
      'ADH-AES128-SHA:AECDH:HIGH:!CAMELLIA',
      'anonymous-suites',
      'The list contains 9 anonymous suites (aNULL), which ADH-AES128-SHA, AECDH and HIGH bring along: security level 1 keeps them from being used, as every level but 0 does.',
    ],
    [
      'one is it, not them',
      '3.0',
      'AES256-SHA:ADH-AES128-SHA',
      'anonymous-suites',
      'The list contains 1 anonymous suite (aNULL), which ADH-AES128-SHA brings along: security level 1 keeps it from being used, as every level but 0 does.',
    ],
    [
      'a suite without encryption came with aNULL',
      '3.0',
      'aNULL:HIGH',
      'null-encryption',
      'The list contains 1 suite without encryption (eNULL), which aNULL brings along.',
    ],
    [
      'one suite removed',
      '1.1.1',
      'AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256:!SSLv3',
      'protocol-word',
      '!SSLv3 switches no protocol version off: it removes 1 suite for having come with SSLv3, 1 of them with AES, which TLS 1.2 uses too.',
    ],
    [
      'one suite below the level',
      '3.0',
      'AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=3',
      'below-security-level',
      'Security level 3 of OpenSSL 3.0 keeps 1 suite of the list from ever being used.',
    ],
  ]
  for (const [why, generation, list, id, message] of messages) {
    test(`${id}: ${why}`, () => {
      const { warnings } = explainCipherList(list, { generation })
      assert.equal(warnings.find((warning) => warning.id === id)?.message, message)
    })
  }

  test('name the suites that 1.0.2 really would use without a certificate', () => {
    const { warnings } = explainCipherList('HIGH', { generation: '1.0.2' })
    assert.match(warnings[0]?.message ?? '', /connection without any certificate/)
  })
})

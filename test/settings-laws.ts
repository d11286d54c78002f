/**
 * The laws of adapters, for any files and any policy: what is read and not changed stays, what is kept needs no change, what was
 * written is read back, nothing else changes, and what was applied on disk is undone to the identical bytes.
 */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { policyOf, RULEBOOKS, suiteIs, type Policy } from '../src/policy/index.ts'
import { PROTOCOLS, suiteByName } from '../src/registry/index.ts'
import { suiteIsOf } from '../src/settings/posture-of-words.ts'
import { applyChange, folderOf, undoOrder, withSettings } from '../src/settings/apply/index.ts'
import {
  fileOf,
  withEdits,
  type Adapter,
  type ChangeOrder,
  type Edits,
  type Leg,
  type LegWords,
  type Outcome,
  type ReadOptions,
  type SettingsFile,
} from '../src/settings/index.ts'

/** Files of one product: the one that is named, and those that it names in its turn. */
export interface LawFiles {
  readonly files: readonly [SettingsFile, ...SettingsFile[]]
  readonly options?: Omit<ReadOptions, 'more' | 'list'>
}

/** `LAW_RUNS` in the environment sets how many files are tried where a test does not say. */
export interface Laws {
  /** What no change may ever take away, such as comments. */
  readonly stays?: RegExp
  readonly runs?: number
}

/** Files that go through the disk, which takes its time. */
const DISK_RUNS = 10

const NOW = new Date('2026-11-22T00:00:00Z')

/** Rulebooks, and rulebooks with fewer protocols, suites and groups, or somebody else to choose the suite. */
export const anyPolicy: fc.Arbitrary<Policy> = fc
  .record({
    rulebook: fc.constantFrom(...RULEBOOKS),
    strict: fc.boolean(),
    protocols: fc.option(fc.subarray(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const, { minLength: 1 })),
    keep: fc.constantFrom(1, 1, 2, 3, 5),
    order: fc.constantFrom('server', 'client', 'any', 'as it is'),
    require: fc.boolean(),
  })
  .map(({ rulebook, strict, protocols, keep, order, require }) => {
    const base = policyOf(rulebook, { now: NOW, strict })
    const allowed = protocols ?? base.protocols.allowed
    const suites = base.suites.filter((suite, index) => suiteIs(suite, 'tls1.3') || index % keep === 0)
    return {
      ...base,
      protocols: { allowed, required: require ? allowed.slice(-1) : base.protocols.required.filter((one) => allowed.includes(one)) },
      suites,
      groups: base.groups.filter((_, index) => index % Math.min(keep, 2) === 0),
      order: order === 'as it is' ? base.order : order,
    }
  })

/** Holds the laws for these files. */
export function holdLaws(
  adapter: Adapter,
  files: fc.Arbitrary<LawFiles>,
  { stays, runs = Number(process.env['LAW_RUNS'] ?? 150) }: Laws = {},
): void {
  test(`${adapter.title}: reading is the same each time, and takes nothing from the file`, () => {
    fc.assert(
      fc.property(files, (given) => {
        const reading = readAll(adapter, given)
        assert.deepEqual(readAll(adapter, given), reading)
        assert.equal(reading.files[0]?.text, given.files[0].text)
        for (const file of reading.files)
          assert.ok(
            given.files.some((one) => one.path === file.path && one.text === file.text),
            file.path,
          )
        const names = reading.legs.map(({ door, role }) => `${role} ${door}`)
        assert.equal(new Set(names).size, names.length, names.join())
      }),
      { numRuns: runs },
    )
  })

  test(`${adapter.title}: what is written is read back, once is enough, and only what is wanted changes`, () => {
    fc.assert(
      fc.property(files, anyPolicy, fc.infiniteStream(fc.boolean()), (given, policy, coin) => {
        const reading = readAll(adapter, given)
        const chosen = reading.legs.filter(() => coin.next().value === true)
        const wanted = chosen.map(({ door, role }) => ({ door, role, policy }))
        const edits = adapter.write(reading, wanted, optionsOf(given))
        const after = { ...given, files: changed(given.files, edits, stays) }
        const again = readAll(adapter, after)
        for (const leg of reading.legs) {
          const now = again.legs.find((one) => one.door === leg.door && one.role === leg.role)
          assert.ok(now, `${leg.door} is gone`)
          if (chosen.includes(leg)) holdKept(now, policy, edits)
          else assert.deepEqual(valuesOf(now.words), valuesOf(leg.words), `${leg.door} changed although nobody asked\n${show(edits)}`)
        }
        assert.deepEqual(adapter.write(again, wanted, optionsOf(after)).changes, [], 'a second time')
      }),
      { numRuns: runs },
    )
  })

  test(`${adapter.title}: what was applied is in the files, and undo gives the identical bytes back`, async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'postern-laws-'))
    t.after(() => rmSync(root, { recursive: true, force: true }))
    let nth = 0
    let applied = 0
    const property = fc.asyncProperty(files, anyPolicy, async (given, policy) => {
      const reading = readAll(adapter, given)
      const wanted = reading.legs.map(({ door, role }) => ({ door, role, policy }))
      const after = changed(given.files, adapter.write(reading, wanted, optionsOf(given)), stays)
      if (await holdUndo(adapter, join(root, String(nth++)), given.files, after)) applied++
    })
    await fc.assert(property, { numRuns: DISK_RUNS })
    assert.ok(applied > 0, 'some policy changes something')
  })
}

/** Applies and undoes a change of files that are put into a folder. Whether there was something to change; empty files are refused on disk. */
async function holdUndo(adapter: Adapter, root: string, before: LawFiles['files'], after: LawFiles['files']): Promise<boolean> {
  const there = (file: SettingsFile): SettingsFile => ({ ...file, path: join(root, 'files', file.path) })
  const onDisk = (path: string): string => fileOf(path, readFileSync(path)).text
  for (const { path, text } of before.map(there)) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, 'latin1')
  }
  const all = before.map((file, index) => ({ before: there(file), after: there(after[index] ?? file) }))
  const files = all.filter((one) => one.before.text !== one.after.text)
  if (files.length === 0 || files.some((one) => one.before.text === '')) return false
  const main = there(before[0]).path
  const state = join(root, 'state')
  const carryOut = async (order: () => ChangeOrder | Promise<ChangeOrder>): Promise<Outcome> =>
    withSettings(state, main, { now: () => NOW }, unexpected, async (context) => applyChange(await order(), context))
  const order: ChangeOrder = {
    kind: 'apply',
    product: adapter.product,
    summary: 'any policy',
    files,
    service: { rewritesOnStop: false, patience: 10_000 },
    proofs: [],
  }
  assert.equal((await carryOut(() => order)).outcome, 'applied')
  for (const file of all) assert.equal(onDisk(file.after.path), file.after.text)
  assert.equal((await carryOut(() => undoOrder(folderOf(state, main), main))).outcome, 'applied')
  for (const file of all) assert.equal(onDisk(file.before.path), file.before.text)
  return true
}

function unexpected(): void {
  assert.fail('nothing was to be put right')
}

function optionsOf({ files, options }: LawFiles): ReadOptions {
  return {
    ...options,
    more: (path) => files.find((file) => file.path === path),
    list: (folder) =>
      files.map((file) => file.path).filter((path) => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes('/')),
  }
}

function readAll(adapter: Adapter, given: LawFiles): ReturnType<Adapter['read']> {
  return adapter.read(given.files[0], optionsOf(given))
}

function changed(files: LawFiles['files'], { changes }: Edits, stays: RegExp | undefined): LawFiles['files'] {
  const edits = changes.flatMap((change) => change.edits)
  for (const edit of edits) {
    const file = files.find(({ path }) => path === edit.file)
    assert.ok(file, `${edit.file} is none of the files`)
    if (stays !== undefined) assert.doesNotMatch(file.text.slice(edit.start, edit.end), stays, `taken from ${edit.file}`)
  }
  const [first, ...rest] = files.map((file) => withEdits(file, edits))
  assert.ok(first)
  return [first, ...rest]
}

function holdKept({ door, role, words }: Leg, policy: Policy, edits: Edits): void {
  const isTold = (word: string): boolean => edits.inexpressible.some((one) => one.door === door && one.role === role && one.word === word)
  for (const word of brokenWords(words, policy)) {
    // Suites are chosen for the versions that should be left, and a size counts where such a suite is left.
    const follows = (word === 'suites' && isTold('protocols')) || (word === 'dh' && (isTold('suites') || isTold('protocols')))
    const told = isTold(word) || follows
    assert.ok(told, `${role} ${door}: ${word} is ${JSON.stringify(words[word].value)} against ${policy.name}\n${show(edits)}`)
  }
}

function show({ changes, inexpressible }: Edits): string {
  const lines = changes.map(({ door, setting, before, after }) => `${door}: ${setting} ${before ?? '-'} => ${after ?? '-'}`)
  return [...lines, ...inexpressible.map(({ door, word, why }) => `${door}: ${word} not: ${why}`)].join('\n')
}

/** The words of a leg that a policy forbids. What is unknown is not kept, except where nothing is asked of it. */
export function brokenWords({ protocols, suites, order, groups, dh, sslv2Hello }: LegWords, policy: Policy): readonly (keyof LegWords)[] {
  const spoken = protocols.value
  if (spoken !== 'unknown' && spoken.length === 0) return policy.protocols.required.length === 0 ? [] : ['protocols']
  const versions = spoken === 'unknown' ? PROTOCOLS : spoken
  const protocolsKept =
    spoken !== 'unknown' &&
    spoken.every((one) => policy.protocols.allowed.includes(one)) &&
    policy.protocols.required.every((one) => spoken.includes(one))
  const usable = suites.value === 'unknown' ? [] : suites.value.filter((suite) => versions.some((version) => suiteIsOf(suite, version)))
  const kept: Record<keyof LegWords, boolean> = {
    protocols: protocolsKept,
    suites: suites.value !== 'unknown' && usable.every((suite) => policy.suites.includes(suite)),
    order: policy.order === 'any' || order.value === 'unknown' || order.value === policy.order,
    groups: groups.value !== 'unknown' && groups.value.every((group) => policy.groups.includes(group)),
    dh: typeof dh.value !== 'number' || dh.value >= policy.dh.minBits || !usable.some((suite) => suiteByName(suite)?.kx === 'DHE'),
    sslv2Hello: policy.sslv2Hello || sslv2Hello.value !== true,
  }
  return (['protocols', 'suites', 'order', 'groups', 'dh', 'sslv2Hello'] as const).filter((word) => !kept[word])
}

function valuesOf(words: LegWords): Record<string, unknown> {
  return Object.fromEntries(Object.entries(words).map(([name, { value }]) => [name, value]))
}

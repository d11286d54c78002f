import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { allCommands } from './commands.ts'
import { createProgram, main } from './main.ts'
import type { Terminal } from './terminal.ts'
import { version } from './version.ts'

interface Session {
  readonly terminal: Terminal
  readonly out: string[]
  readonly err: string[]
}

function session(change: Partial<Terminal> = {}): Session {
  const out: string[] = []
  const err: string[] = []
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    interactive: false,
    colour: false,
    columns: 100,
    cwd: '/',
    env: {},
    ...change,
  }
  return { terminal, out, err }
}

async function run(
  argv: readonly string[],
  change: Partial<Terminal> = {},
): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  const { terminal, out, err } = session(change)
  const status = await main(argv, terminal)
  return { status, out: out.join(''), err: err.join('') }
}

/** Every command that anybody types, the program itself first. */
function all(command: Command): readonly Command[] {
  const typed = command.createHelp().visibleCommands(command)
  return [command, ...command.commands.filter((one) => typed.includes(one)).flatMap(all)]
}

const program = createProgram(session().terminal, () => undefined, await allCommands())

describe('help', () => {
  for (const command of all(program).slice(1)) {
    test(`of ${command.name()} has a description, a line for the list, a group, and ends with examples`, async () => {
      const words: string[] = []
      for (let one: Command | null = command; one?.parent != null; one = one.parent) words.unshift(one.name())
      const { status, out } = await run([...words, '--help'])
      assert.equal(status, 0)
      assert.notEqual(command.description(), '')
      if (command.parent === program) assert.match(command.helpGroup(), /:$/)
      if (command.commands.length === 0) assert.match(out, /\nExamples:\n {2}.*postern/)
      for (const line of out.split('\n')) assert.ok(line.length <= 100, `too wide: ${line}`)
      assert.doesNotMatch(out, /default \)/, 'a default that is empty is none')
    })
  }

  test('of postern lists every command with one line, in groups, and says what the exit status means', async () => {
    const { status, out } = await run(['--help'])
    assert.equal(status, 0)
    for (const command of program.commands) assert.match(out, new RegExp(`^  ${command.name()} +\\S`, 'm'))
    assert.match(out, /\nExit status:\n {2}0 {4}fine\n {2}1 {4}something is at or above --fail-on, or the answer is no\n/)
    assert.doesNotMatch(out, /^Commands:/m)
  })

  test('fills narrow windows, and in wide ones no more than a hundred columns', async () => {
    for (const [columns, widest] of [
      [72, 72],
      [250, 100],
    ] as const) {
      for (const line of (await run(['--help'], { columns })).out.split('\n')) assert.ok(line.length <= widest, `${columns}: ${line}`)
    }
  })

  test('has headings in bold where there are colours, and no escape where there are none', async () => {
    assert.ok((await run(['completion', '--help'], { colour: true })).out.includes('\u001b[1mExamples:\u001b[22m'))
    assert.ok(!(await run(['completion', '--help'])).out.includes('\u001b'))
  })

  test('says choices like a sentence', async () => {
    assert.match((await run(['completion', '--help'])).out, /for which shell \(bash, zsh or fish\)/)
  })
})

describe('the command line', () => {
  const rows: readonly (readonly [why: string, argv: readonly string[], status: number, err: RegExp])[] = [
    ['no command is wrong input, and shows the help', [], 2, /^Usage: postern COMMAND/],
    ['an unknown command', ['auditt'], 2, /^postern: error: unknown command 'auditt'\n/],
    ['help on a command that is none', ['help', 'nosuch'], 2, /^postern: error: unknown command 'nosuch'\n/],
    ['a command that is nearly right', ['completoin'], 2, /Did you mean completion\?/],
    ['an unknown option', ['completion', '--shell'], 2, /^postern: error: unknown option '--shell'\n/],
    ['a wrong choice', ['completion', 'tcsh'], 2, /^postern: error: .*Allowed choices are bash, zsh, fish\./],
    ['a missing argument', ['completion'], 2, /^postern: error: missing required argument 'shell'\n/],
  ]
  for (const [why, argv, status, err] of rows) {
    test(why, async () => {
      const got = await run(argv)
      assert.equal(got.status, status)
      assert.match(got.err, err)
      assert.equal(got.out, '')
    })
  }

  test('--version says the version and what it runs on', async () => {
    const { status, out } = await run(['--version'])
    assert.equal(status, 0)
    assert.match(out, /^postern \d+\.\d+\.\d+ \(Node\.js \d+\.\S+, OpenSSL \d\.\S+, \S+ \S+\)\n$/)
    assert.ok(out.startsWith(`postern ${version()} `))
  })

  test('a reader that goes away is no error', () => {
    const postern = fileURLToPath(new URL('../../bin/postern.js', import.meta.url))
    const { stderr, stdout } = spawnSync('bash', ['-c', '"$0" "$1" --help | head -n 1', process.execPath, postern], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    assert.equal(stdout, 'Usage: postern COMMAND …\n')
    assert.equal(stderr, '')
  })

  test('a full disk behind standard output is told in words', { skip: !existsSync('/dev/full') && 'there is no /dev/full' }, () => {
    const postern = fileURLToPath(new URL('../../bin/postern.js', import.meta.url))
    const { status, stderr } = spawnSync('bash', ['-c', '"$0" "$1" ciphers ALL > /dev/full', process.execPath, postern], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    assert.match(stderr, /^postern: error: Cannot write to standard output\npostern: because: ENOSPC.*\npostern: hint: .*--output\.\n$/)
    assert.equal(status, 2)
  })
})

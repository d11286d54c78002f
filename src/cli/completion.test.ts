import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Argument, Command, Option } from 'commander'
import { bashCompletion } from './completion-bash.ts'
import { fishCompletion } from './completion-fish.ts'
import { zshCompletion } from './completion-zsh.ts'
import { completables } from './completion.ts'
import { main } from './main.ts'

/** A program with everything that a shell has to cope with. */
function sample(): Command {
  const program = new Command('postern').version('1')
  program
    .command('audit [target...]')
    .description("Audit a server's doors: all of them\nmore words")
    .addOption(new Option('--fail-on <verdict>', 'least verdict').choices(['bad', 'weak', 'unknown']))
    .option('--html <file>', 'write HTML')
    .option('--timeout <seconds>', 'patience')
    .option('-v, --verbose', 'more')
  const settings = program.command('settings').description('Settings files')
  settings.command('apply <file>').description('Apply').option('--dry-run', 'only show')
  settings.command('undo').description('Undo')
  program.command('show').addArgument(new Argument('<what>').choices(['suites', 'groups']))
  program.command('secret', { hidden: true })
  return program
}

const commands = completables(sample())
const folder = mkdtempSync(join(tmpdir(), 'postern-completion-'))
writeFileSync(join(folder, 'answer.html'), '')
after(() => rmSync(folder, { recursive: true }))

const has = (shell: string): boolean => spawnSync(shell, ['--version']).error === undefined

/** What the shell offers when this was typed and the last word is being completed. */
type Complete = (words: readonly string[]) => readonly string[]

function ask(shell: string, args: readonly string[]): readonly string[] {
  const { stdout, stderr, status } = spawnSync(shell, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 20_000,
    env: { ...process.env, HOME: folder },
  })
  assert.equal(stderr, '')
  assert.equal(status, 0)
  return stdout.split('\n').filter((line) => line !== '')
}

const inBash: Complete = (words) => {
  const file = join(folder, 'postern.bash')
  writeFileSync(file, bashCompletion(commands))
  return ask('bash', [
    '--norc',
    '-c',
    'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _postern; printf "%s\\n" "${COMPREPLY[@]}"',
    file,
    ...words,
  ])
}

// zsh completes only with a line editor: the functions that talk to it are replaced by ones that print.
const ZSH = `
compdef() { : }
compset() { : }
compadd() { shift; print -l -- "$@" }
_files() { print -l -- * }
_describe() { local list=$argv[-1]; local -a items; items=("\${(@P)list}"); print -l -- "\${(@)items%%:*}" }
source $1; shift
words=("$@"); CURRENT=$#
_postern | grep -e "^\${words[CURRENT]##*=}" || true
`
const inZsh: Complete = (words) => {
  const file = join(folder, '_postern')
  writeFileSync(file, zshCompletion(commands))
  const script = join(folder, 'ask.zsh')
  writeFileSync(script, ZSH)
  return ask('zsh', ['-f', script, file, ...words])
}

const inFish: Complete = (words) => {
  const file = join(folder, 'postern.fish')
  writeFileSync(file, fishCompletion(commands))
  return ask('fish', ['--no-config', '-c', `source $argv[1]; complete -C "$argv[2]"`, file, words.join(' ')]).map((line) => {
    const [word = ''] = line.split('\t')
    return word.replace(/^--[\w-]+=/, '')
  })
}

const rows: readonly (readonly [why: string, words: readonly string[], offered: readonly string[], never?: readonly string[]])[] = [
  ['commands', ['postern', ''], ['audit', 'settings', 'show'], ['secret', 'apply']],
  ['commands by their beginning', ['postern', 'au'], ['audit'], ['settings']],
  ['options of the program', ['postern', '--v'], ['--version'], ['--verbose']],
  ['options of a command', ['postern', 'audit', '--'], ['--fail-on', '--html', '--timeout', '--verbose'], ['--dry-run', '--version']],
  ['values of an option', ['postern', 'audit', '--fail-on', ''], ['bad', 'weak', 'unknown'], ['audit']],
  ['values by their beginning', ['postern', 'audit', '--fail-on', 'un'], ['unknown'], ['bad']],
  ['files for an option that takes one', ['postern', 'audit', '--html', 'ans'], ['answer.html']],
  ['nothing that nobody can guess', ['postern', 'audit', '--timeout', 'ans'], [], ['answer.html']],
  ['commands below a command', ['postern', 'settings', ''], ['apply', 'undo'], ['audit']],
  ['options two commands deep', ['postern', 'settings', 'apply', '--d'], ['--dry-run']],
  ['files for an argument that is one', ['postern', 'settings', 'apply', 'ans'], ['answer.html']],
  ['choices of an argument', ['postern', 'show', ''], ['suites', 'groups']],
  ['options after other options', ['postern', 'audit', '-v', '--h'], ['--html']],
]

for (const [shell, complete] of [
  ['bash', inBash],
  ['zsh', inZsh],
  ['fish', inFish],
] as const) {
  describe(`completion in ${shell}`, { skip: has(shell) ? false : `${shell} is not on this machine` }, () => {
    for (const [why, words, offered, never = []] of rows) {
      test(`offers ${why}`, () => {
        const got = complete(words)
        for (const word of offered) assert.ok(got.includes(word), `${word} is missing in: ${got.join(' ')}`)
        for (const word of never) assert.ok(!got.includes(word), `${word} is in: ${got.join(' ')}`)
      })
    }
  })
}

describe('completion in bash', () => {
  test('--option=value, which bash cuts into three words', () => {
    assert.deepEqual(inBash(['postern', 'audit', '--fail-on', '=', 'we']), ['weak'])
    assert.deepEqual(inBash(['postern', 'audit', '--fail-on', '=']), ['bad', 'weak', 'unknown'])
  })
})

describe('postern completion', () => {
  for (const [shell, check] of [
    ['bash', ['-n']],
    ['zsh', ['-f', '-n']],
    ['fish', ['--no-execute']],
  ] as const) {
    test(
      `prints a script that ${shell} can read, with the real commands in it`,
      { skip: has(shell) ? false : `${shell} is not on this machine` },
      async () => {
        const out: string[] = []
        const terminal = {
          out: (text: string) => void out.push(text),
          err: () => undefined,
          interactive: false,
          colour: false,
          columns: 80,
          cwd: '/',
          env: {},
        }
        assert.equal(await main(['completion', shell], terminal), 0)
        const file = join(folder, `real.${shell}`)
        writeFileSync(file, out.join(''))
        assert.deepEqual(ask(shell, [...check, file]), [])
        assert.match(out.join(''), /completion/)
      },
    )
  }
})

describe('completables()', () => {
  test('knows every command that the help shows, the first line of its description, and what its options take', () => {
    assert.deepEqual(
      commands.map(({ path }) => path),
      [
        'postern',
        'postern audit',
        'postern settings',
        'postern settings apply',
        'postern settings undo',
        'postern settings help',
        'postern show',
        'postern help',
      ],
    )
    assert.equal(commands[0]?.words[0]?.description, "Audit a server's doors: all of them")
    assert.deepEqual(
      commands[1]?.options.map(({ flags, value }) => `${flags.join()} ${typeof value === 'string' ? value : value.join('|')}`),
      ['--fail-on bad|weak|unknown', '--html file', '--timeout free', '-v,--verbose none', '-h,--help none'],
    )
  })
})

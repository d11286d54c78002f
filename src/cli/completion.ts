import { Argument, type Command, type Option } from 'commander'
import { bashCompletion } from './completion-bash.ts'
import { fishCompletion } from './completion-fish.ts'
import { zshCompletion } from './completion-zsh.ts'
import { explain, GROUP, section } from './help.ts'
import type { AddCommand } from './commands.ts'

/** What can stand after an option: nothing, one of some words, a file, or something that nobody can guess. */
export type Value = 'none' | 'file' | 'free' | readonly string[]

export interface CompletableOption {
  /** `-h` and `--help`, without what they take. */
  readonly flags: readonly string[]
  readonly description: string
  readonly value: Value
}

export interface CompletableWord {
  readonly word: string
  readonly description: string
}

/** One command as far as a shell has to know it. */
export interface Completable {
  /** Its words from the program on: `postern settings apply`. */
  readonly path: string
  readonly options: readonly CompletableOption[]
  /** Commands below it, or the choices of its argument. */
  readonly words: readonly CompletableWord[]
  /** An argument is, or may be, a file. */
  readonly files: boolean
}

/** Every command of the program that its help shows, the program itself first. */
export function completables(command: Command, before: string = ''): readonly Completable[] {
  const help = command.createHelp()
  const path = `${before} ${command.name()}`.trim()
  const below = help.visibleCommands(command)
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? [])
  const own = {
    path,
    options: help.visibleOptions(command).map(completableOption),
    words: [
      ...below.map((one) => ({ word: one.name(), description: firstLine(help.subcommandDescription(one)) })),
      ...choices.map((word) => ({ word, description: '' })),
    ],
    files: command.registeredArguments.some((argument) => takesFile(argument.name())),
  }
  return [own, ...below.flatMap((one) => completables(one, path))]
}

function completableOption(option: Option): CompletableOption {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined)
  return { flags, description: firstLine(option.description), value: valueOf(option) }
}

function valueOf(option: Option): Value {
  if (!option.required && !option.optional) return 'none'
  if (option.argChoices !== undefined) return option.argChoices
  return takesFile(option.flags) ? 'file' : 'free'
}

function takesFile(name: string): boolean {
  return /file|dir|path/i.test(name)
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

/** `postern completion SHELL` prints what the shell needs to complete commands, options and their values. */
export const addCompletion: AddCommand = (program, terminal) => {
  const command = program
    .command('completion')
    .summary('print what your shell needs to complete postern')
    .description('Prints a script with which your shell completes commands, options and their values.')
    .addArgument(new Argument('<shell>', 'for which shell').choices(Object.keys(SHELLS)))
    .action((shell: keyof typeof SHELLS) => {
      terminal.out(SHELLS[shell](completables(program)))
    })
  explain(command, GROUP.more, [
    { line: 'source <(postern completion bash)', does: 'now, in bash or (with zsh for bash) in zsh' },
    { line: 'postern completion bash > ~/.local/share/bash-completion/completions/postern', does: 'for good, in bash' },
    { line: 'postern completion zsh > ~/.zfunc/_postern', does: 'for good, in zsh, with ~/.zfunc in fpath' },
    { line: 'postern completion fish > ~/.config/fish/completions/postern.fish', does: 'for good, in fish' },
  ])
  section(command, 'Good to know:', 'The script is made from the commands of this very version: print it again after an update.')
}

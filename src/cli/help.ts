import type { Argument, Command, HelpConfiguration, Option, OutputConfiguration } from 'commander'
import { styleText } from 'node:util'
import type { Terminal } from './terminal.ts'

/** Under what the commands stand in `postern --help`, in this order. */
export const GROUP = {
  look: 'Find out what there is:',
  change: 'Change it:',
  run: 'Stand guard:',
  more: 'More:',
} as const

export interface Example {
  /** As typed, without the prompt: `postern audit mail.example.com`. */
  readonly line: string
  /** What it does, in a few words. */
  readonly does: string
}

/** Puts a command into its group, and examples at the end of its help: most people read nothing else. */
export function explain(command: Command, group: string, examples: readonly Example[]): Command {
  const widest = Math.max(...examples.map(({ line }) => line.length))
  return command.helpGroup(group).addHelpText('after', ({ command }) => {
    const room = command.configureOutput().getOutHelpWidth?.() ?? WIDEST
    const beside = 2 + widest + 2 + Math.max(...examples.map(({ does }) => does.length)) <= room
    const lines = examples.map(({ line, does }) => (beside ? `  ${line.padEnd(widest)}  ${does}` : `  ${line}\n      ${does}`))
    return `\n${bold('Examples:')}\n${lines.join('\n')}`
  })
}

/** More text below a command's options, under a heading like the others. */
export function section(command: Command, heading: string, text: string): Command {
  return command.addHelpText('after', `\n${bold(heading)}\n${text.replace(/^(?=.)/gm, '  ')}`)
}

/** Commander takes the escapes out again where there are no colours. */
function bold(text: string): string {
  return styleText('bold', text, { validateStream: false })
}

/** The style of every help: choices read like a sentence, headings stand out, and lines stay short enough to read. */
export const HELP_STYLE: HelpConfiguration = {
  styleTitle: bold,
  optionDescription: (option: Option): string => {
    const byDefault = option.defaultValue === undefined || option.defaultValue === false ? '' : String(option.defaultValue)
    const notes = [
      ...(option.argChoices === undefined ? [] : [oneOf(option.argChoices)]),
      ...(byDefault === '' ? [] : [`default ${option.defaultValueDescription ?? breakable(byDefault)}`]),
    ]
    return withNotes(option.description, notes)
  },
  argumentDescription: (argument: Argument): string => {
    const notes = argument.argChoices === undefined ? [] : [oneOf(argument.argChoices)]
    return withNotes(argument.description, notes)
  },
  // One line each: what a command takes stands in its own help.
  subcommandTerm: (command: Command): string => command.name(),
  subcommandDescription: (command: Command): string => command.summary() || command.description(),
}

function oneOf(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`
}

/** A list without blanks would be one word, wider than any window. */
function breakable(list: string): string {
  return list.replaceAll(/,(?=\S)/g, ', ')
}

function withNotes(description: string, notes: readonly string[]): string {
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`.trim()
}

const WIDEST = 100

/** How commander writes: to this terminal, as wide as it is, in colour where it has some, with our word before every error. */
export function outputTo(terminal: Terminal): OutputConfiguration {
  const columns = (): number => Math.min(WIDEST, terminal.columns)
  return {
    writeOut: terminal.out,
    writeErr: terminal.err,
    getOutHelpWidth: columns,
    getErrHelpWidth: columns,
    getOutHasColors: () => terminal.colour,
    getErrHasColors: () => terminal.colour,
    outputError: (text, write) => write(`postern: ${text}`),
  }
}

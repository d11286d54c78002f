import type { Completable, CompletableOption } from './completion.ts'

/** Completion for fish. */
export function fishCompletion(commands: readonly Completable[]): string {
  const lines = commands.flatMap((command) => {
    const when = `-n ${quoted(condition(command, commands))}`
    const words = command.words.map(({ word, description }) => `complete -c postern ${when} -fa ${quoted(word)} -d ${quoted(description)}`)
    return [...words, ...command.options.map((option) => optionLine(option, when))]
  })
  const nothing = commands
    .filter(({ files }) => !files)
    .map((command) => `complete -c postern -n ${quoted(condition(command, commands))} -f`)
  return `# fish completion for postern. Load it with: postern completion fish | source\n${[...nothing, ...lines].join('\n')}\n`
}

/** True while the words typed so far lead to just this command. */
function condition({ path }: Completable, commands: readonly Completable[]): string {
  const [, ...words] = path.split(' ')
  const below = commands.filter((one) => one.path.startsWith(`${path} `)).map((one) => one.path.split(' ')[words.length + 1] ?? '')
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`)
  const unseen = below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${[...new Set(below)].join(' ')}`]
  return [...seen, ...unseen].join('; and ') || 'true'
}

function optionLine({ flags, description, value }: CompletableOption, when: string): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ')
  const takes = value === 'none' ? '-f' : value === 'file' ? '-rF' : value === 'free' ? '-x' : `-xa ${quoted(value.join(' '))}`
  return `complete -c postern ${when} ${names} ${takes} -d ${quoted(description)}`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

import type { Completable } from './completion.ts'

/** Completion for bash 3.2 and later, without the bash-completion package. */
export function bashCompletion(commands: readonly Completable[]): string {
  return `# bash completion for postern. Load it with: source <(postern completion bash)
_postern() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path=postern words= options= files= i
  # Bash cuts words at = and gives the sign a word of its own.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
${cases(commands.slice(1).map(({ path }) => path))}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $prev" in
${valueCases(commands)}
  esac
  case "$path" in
${commands.map(commandCase).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    if [[ -n $files ]]; then compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$cur")); fi
  fi
}
complete -F _postern postern
`
}

function cases(words: readonly string[]): string {
  return `      ${words.map(quoted).join(' | ')}`
}

function commandCase({ path, words, options, files }: Completable): string {
  const flags = options.flatMap((option) => option.flags)
  return `    ${quoted(path)}) words=${quoted(words.map(({ word }) => word).join(' '))} options=${quoted(flags.join(' '))} files=${files ? '1' : ''} ;;`
}

/** What may stand after an option that takes something. */
function valueCases(commands: readonly Completable[]): string {
  const lines = commands.flatMap(({ path, options }) =>
    options
      .filter(({ value }) => value !== 'none')
      .map(({ flags, value }) => {
        const generate = value === 'file' ? '-f' : value === 'free' || value === 'none' ? undefined : `-W ${quoted(value.join(' '))}`
        // Bash 3.2 has no compopt, and does without the slash behind a folder.
        const folders = value === 'file' ? 'compopt -o filenames 2>/dev/null; ' : ''
        const reply = generate === undefined ? 'COMPREPLY=()' : `COMPREPLY=($(compgen ${generate} -- "$cur"))`
        return `    ${flags.map((flag) => quoted(`${path} ${flag}`)).join(' | ')}) ${folders}${reply}; return ;;`
      }),
  )
  return lines.join('\n')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

import type { Completable } from './completion.ts'

/** Completion for zsh, to be sourced or put into a folder of fpath as _postern. */
export function zshCompletion(commands: readonly Completable[]): string {
  const below = commands.slice(1).map(({ path }) => quoted(path))
  return `#compdef postern
# zsh completion for postern. Load it with: source <(postern completion zsh)
_postern() {
  local where=postern previous=\${words[CURRENT-1]} current=\${words[CURRENT]} files= i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    case "$where \${words[i]}" in
      ${below.join(' | ')}) where="$where \${words[i]}" ;;
    esac
  done
  # --option=value is one word in zsh.
  if [[ $current == --*=* ]]; then
    previous=\${current%%=*}
    compset -P '*='
  fi
  case "$where $previous" in
${valueCases(commands)}
  esac
  case "$where" in
${commands.map(commandCase).join('\n')}
  esac
  if [[ $current == -* ]]; then
    _describe -o option options
  else
    (( $#commands )) && _describe command commands
    [[ -n $files ]] && _files
  fi
}
if [[ $funcstack[1] == _postern ]]; then
  _postern "$@"
else
  compdef _postern postern
fi
`
}

function commandCase({ path, words, options, files }: Completable): string {
  const described = (word: string, description: string): string => quoted(`${word.replaceAll(':', '\\:')}:${description}`)
  const commands = words.map(({ word, description }) => described(word, description))
  const flags = options.flatMap(({ flags, description }) => flags.map((flag) => described(flag, description)))
  return `    ${quoted(path)}) commands=(${commands.join(' ')}) options=(${flags.join(' ')}) files=${files ? '1' : ''} ;;`
}

function valueCases(commands: readonly Completable[]): string {
  const lines = commands.flatMap(({ path, options }) =>
    options
      .filter(({ value }) => value !== 'none')
      .map(({ flags, value }) => {
        const add =
          value === 'file' ? '_files' : value === 'free' || value === 'none' ? undefined : `compadd -- ${value.map(quoted).join(' ')}`
        const act = add === undefined ? 'return' : `${add}; return`
        return `    ${flags.map((flag) => quoted(`${path} ${flag}`)).join(' | ')}) ${act} ;;`
      }),
  )
  return lines.join('\n')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

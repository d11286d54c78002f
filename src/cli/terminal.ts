/** What a command may do to the world it was typed into. Only `cli` reads `process`; tests hand in their own. */
export interface Terminal {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** A person looks on: colours, progress and the width of the window make sense. */
  readonly interactive: boolean
  readonly colour: boolean
  readonly columns: number
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The terminal of this process. NO_COLOR and FORCE_COLOR are obeyed (no-color.org). */
export function processTerminal(): Terminal {
  const interactive = Boolean(process.stdout.isTTY)
  const forced = process.env['FORCE_COLOR'] !== undefined && process.env['FORCE_COLOR'] !== '0'
  const plain = process.env['NO_COLOR'] !== undefined && process.env['NO_COLOR'] !== ''
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    interactive,
    colour: forced || (interactive && !plain && process.env['TERM'] !== 'dumb'),
    columns: process.stdout.columns ?? 100,
    cwd: process.cwd(),
    env: process.env,
  }
}

import type { Duplex } from 'node:stream'
import { PosternError } from '../errors.ts'
import { Opening, type Dialect, type Outcome } from '../dialects/index.ts'

/** How a server behind is called in errors, and until when it may be waited for. */
export interface Patience {
  /** Host and port. */
  readonly title: string
  /** Milliseconds that are left. */
  readonly left: () => number
}

/** Who talks to whom. */
export interface Names {
  readonly clientName: string
  readonly serverName: string
}

/** What a server has said, as it came. */
export interface Heard {
  /** Before it was said anything. */
  readonly greeting: Buffer
  /** Since it was said something for the last time. */
  readonly last: Buffer
}

/** Whether a server of this dialect speaks first. */
export function greets(dialect: Dialect | undefined): dialect is Dialect {
  if (dialect === undefined) return false
  const opening = new Opening(dialect, { clientName: 'client.example', serverName: 'server.example' })
  return opening.start() === '' && opening.outcome === undefined
}

/**
 * Talks with a server until the script of the dialect is at its end, and reads not one octet that came behind that. Rejects with `GATE_BACKEND_TALK`
 * (`peer`), or with what an `Opening` throws; the stream is then gone.
 */
export function talk(stream: Duplex, dialect: Dialect, names: Names, patience: Patience): Promise<Heard> {
  const opening = new Opening(dialect, { ...names, lockstep: true })
  return new Talk(stream, opening, patience, () => opening.outcome).heard
}

/** Hears a server's greeting to its end. Rejects as `talk()` does, and where it is no welcome. */
export async function hearGreeting(stream: Duplex, dialect: Dialect, names: Names, patience: Patience): Promise<Buffer> {
  const opening = new Opening(dialect, names)
  const heard = await new Talk(stream, opening, patience, (said) => {
    const { outcome } = opening
    // Whether TLS is to be had is another question.
    return said !== '' || outcome?.kind === 'not-offered' ? { kind: 'ready' } : outcome
  }).heard
  return heard.greeting
}

/** One conversation; when it is over the stream has no listener of it. */
class Talk {
  readonly heard: Promise<Heard>
  readonly #stream: Duplex
  readonly #opening: Opening
  readonly #patience: Patience
  readonly #over: (said: string) => Outcome | undefined
  #greeting: Buffer[] = []
  #last: Buffer[] = []
  #spoken = false

  constructor(stream: Duplex, opening: Opening, patience: Patience, over: (said: string) => Outcome | undefined) {
    this.#stream = stream
    this.#opening = opening
    this.#patience = patience
    this.#over = over
    this.heard = this.#run()
  }

  #run(): Promise<Heard> {
    const stream = this.#stream
    return new Promise((resolve, reject) => {
      const end = (error?: unknown): void => {
        clearTimeout(timer)
        stream.off('readable', read)
        stream.off('end', gone)
        stream.off('close', gone)
        if (error === undefined) return resolve({ greeting: Buffer.concat(this.#greeting), last: Buffer.concat(this.#last) })
        stream.destroy()
        reject(error)
      }
      const attempt = (work: () => Outcome | undefined): void => {
        try {
          const outcome = work()
          if (outcome !== undefined) end(outcome.kind === 'ready' ? undefined : refusal(outcome, this.#patience))
        } catch (error) {
          end(error)
        }
      }
      const read = (): void => {
        const chunk: unknown = stream.read()
        if (chunk instanceof Buffer) attempt(() => this.#hear(chunk))
      }
      const gone = (): void => end(silent(this.#patience, 'it has closed the connection'))
      const timer = setTimeout(() => end(silent(this.#patience, 'it does not answer in time')), this.#patience.left())
      stream.on('readable', read)
      stream.on('end', gone)
      stream.on('close', gone)
      attempt(() => this.#say(this.#opening.start()))
      read()
    })
  }

  #hear(bytes: Buffer): Outcome | undefined {
    if (!this.#spoken) this.#greeting.push(bytes)
    this.#last.push(bytes)
    const { send } = this.#opening.push(bytes)
    return this.#over(send) ?? this.#say(send)
  }

  #say(text: string): Outcome | undefined {
    if (text === '') return this.#over('')
    this.#spoken = true
    this.#last = []
    this.#stream.write(text, 'latin1')
    return undefined
  }
}

/**
 * Waits until the server has greeted to the end, with whatever words, and leaves them there: a client hears them as they came. Rejects with
 * `GATE_BACKEND_TALK` (`peer`); the stream is then gone.
 */
export function awaitGreeting(stream: Duplex, dialect: Dialect, names: Names, patience: Patience): Promise<void> {
  const opening = new Opening(dialect, names)
  opening.start()
  const heard: Buffer[] = []
  return new Promise((resolve, reject) => {
    const end = (error?: PosternError): void => {
      clearTimeout(timer)
      stream.off('readable', look)
      stream.off('end', gone)
      stream.off('close', gone)
      if (error !== undefined) {
        stream.destroy()
        return reject(error)
      }
      stream.unshift(Buffer.concat(heard))
      resolve()
    }
    const look = (): void => {
      const chunk: unknown = stream.read()
      if (!(chunk instanceof Buffer)) return
      heard.push(chunk)
      if (endsGreeting(opening, chunk)) end()
    }
    const gone = (): void => end(silent(patience, 'it has closed the connection'))
    const timer = setTimeout(() => end(silent(patience, 'it does not greet in time')), patience.left())
    stream.on('readable', look)
    stream.on('end', gone)
    stream.on('close', gone)
    look()
  })
}

/** What cannot be understood is for the relay to judge. */
function endsGreeting(opening: Opening, bytes: Buffer): boolean {
  try {
    return opening.push(bytes).send !== '' || opening.outcome !== undefined
  } catch (error) {
    if (error instanceof PosternError && error.fault === 'peer') return true
    throw error
  }
}

function silent({ title }: Patience, why: string): PosternError {
  return new PosternError('peer', 'GATE_BACKEND_TALK', `Cannot talk to the server behind at ${title}: ${why}`, {
    remedy: 'See whether it runs and speaks the dialect of the service there, and whether it takes connections of the gate.',
  })
}

function refusal(outcome: Exclude<Outcome, { kind: 'ready' }>, { title }: Patience): PosternError {
  const { kind, heard } = outcome
  const why = {
    'not-offered': 'it does not offer what the gate is told to use there (STARTTLS or XCLIENT)',
    refused: 'it refuses',
    'wrong-protocol': 'it speaks another protocol',
  }[kind]
  const words = heard === '' ? '' : `: ${JSON.stringify(heard.slice(0, LONGEST_QUOTATION))}`
  return new PosternError('peer', 'GATE_BACKEND_TALK', `Cannot talk to the server behind at ${title}: ${why}${words}`, {
    remedy: 'Let it offer and take that from the address of the gate, or correct what stands under backend.',
  })
}

const LONGEST_QUOTATION = 200

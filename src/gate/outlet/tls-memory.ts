/** Hosts that are remembered; whoever has more is not told of every one that gave up TLS. */
const MOST = 10_000

/** Which mail hosts have spoken TLS, for as long as the process lives: one that does no more may be somebody in between, who strips STARTTLS. */
export class TlsMemory {
  readonly #hosts = new Set<string>()

  has(host: string): boolean {
    return this.#hosts.has(host)
  }

  note(host: string): void {
    // The one that was seen least lately goes first.
    this.#hosts.delete(host)
    this.#hosts.add(host)
    const [oldest] = this.#hosts
    if (this.#hosts.size > MOST && oldest !== undefined) this.#hosts.delete(oldest)
  }
}

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { PosternError } from '../../errors.ts'
import { placeText, type Place } from '../config/places.ts'
import type { GateControl } from './control.ts'
import { METRICS_TYPES, printMetrics } from './metrics.ts'

/** Whoever asks has so long to say so, in milliseconds. */
const ASKING_MS = 5000
const MOST_CONNECTIONS = 32

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

type Asked = Pick<GateControl, 'status' | 'ready'>

/** `/metrics`, `/healthz` and `/readyz` over HTTP, for whoever watches a gate. It tells nothing of single clients. */
export class MetricsServer {
  readonly #server: Server
  readonly #place: Place

  private constructor(server: Server, place: Place) {
    this.#server = server
    this.#place = place
  }

  /** Rejects with a `PosternError` `GATE_METRICS`, `world`. */
  static async open({ host, port }: Place, control: Asked): Promise<MetricsServer> {
    const server = createServer(
      { headersTimeout: ASKING_MS, requestTimeout: ASKING_MS },
      (request, response) => void respond(request, response, control),
    )
    server.maxConnections = MOST_CONNECTIONS
    try {
      server.listen({ port, ...(host === '' ? {} : { host }) })
      await once(server, 'listening')
    } catch (cause) {
      throw new PosternError('world', 'GATE_METRICS', `Cannot listen on ${placeText({ host, port })} for metrics`, {
        remedy: 'Stop whoever listens there, or choose another place under metrics.',
        cause,
      })
    }
    const address = server.address()
    return new MetricsServer(server, { host, port: typeof address === 'object' && address !== null ? address.port : port })
  }

  get place(): Place {
    return this.#place
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

async function respond(request: IncomingMessage, response: ServerResponse, control: Asked): Promise<void> {
  // What it might say with its request is not read.
  request.resume()
  const { status, type, body } = await answer(request, control).catch(() => plain(500, 'The gate could not say.\n'))
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // RFC 9110 §15.5.6.
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

async function answer({ method, url = '', headers }: IncomingMessage, control: Asked): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'GET and HEAD are all there is.\n')
  switch (url.replace(/\?.*$/s, '')) {
    case '/metrics': {
      const format = headers.accept?.includes('application/openmetrics-text') === true ? 'openmetrics' : 'prometheus'
      return { status: 200, type: METRICS_TYPES[format], body: printMetrics(await control.status(), format) }
    }
    case '/healthz':
      return plain(200, 'ok\n')
    case '/readyz': {
      const { ready, why } = await control.ready()
      return ready ? plain(200, 'ok\n') : plain(503, `${why.join('\n')}\n`)
    }
    default:
      return plain(404, 'There are /metrics, /healthz and /readyz.\n')
  }
}

function plain(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body }
}

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { TestContext } from 'node:test'
import { createSecureContext } from 'node:tls'
import type { Made } from './authority.ts'

/** What a site of MTA-STS has, by the first label of its domain. */
export type Site =
  | { readonly kind: 'policy'; readonly mode: 'enforce' | 'testing'; readonly mx: string }
  /** In a certificate that does not hold any more. */
  | { readonly kind: 'expired'; readonly mx: string }
  | { readonly kind: 'redirect' }
  /** 20 MB. */
  | { readonly kind: 'huge' }

export interface Sites {
  /** They answer nobody any more, or again. */
  down: boolean
}

/** Port 443 of an address of loopback. It ends with the test. */
export async function startSites(
  address: string,
  sites: ReadonlyMap<string, Site>,
  { good, expired }: Readonly<Record<'good' | 'expired', Made>>,
  t: Pick<TestContext, 'after'>,
): Promise<Sites> {
  const context = ({ key, chain }: Made): ReturnType<typeof createSecureContext> =>
    createSecureContext({ key: readFileSync(key), cert: readFileSync(chain) })
  const [right, wrong] = [context(good), context(expired)]
  const siteOf = (host: string): Site | undefined => sites.get(host.split('.')[1] ?? '')
  const all = { down: false }
  const options = {
    SNICallback: (name: string, use: (error: Error | null, found?: typeof right) => void): void =>
      use(all.down ? new Error('down') : null, siteOf(name)?.kind === 'expired' ? wrong : right),
  }
  const server = createServer(options, (request, response) => answer(siteOf(request.headers.host ?? ''), response))
  server.on('tlsClientError', () => {})
  await once(server.listen(443, address), 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return all
}

function answer(site: Site | undefined, response: ServerResponse): void {
  const type = { 'content-type': 'text/plain' }
  switch (site?.kind) {
    case 'policy':
    case 'expired':
      return void response.writeHead(200, type).end(textOf(site))
    case 'redirect':
      return void response.writeHead(301, { location: 'https://mta-sts.good.d.rows.example/.well-known/mta-sts.txt' }).end()
    case 'huge':
      return void response.writeHead(200, type).end(`${textOf({ mx: '*.rows.example' })}${'x_: b\n'.repeat(3_333_333)}`)
    case undefined:
      return void response.writeHead(404, type).end()
  }
}

function textOf({ mode = 'enforce', mx }: { readonly mode?: string; readonly mx: string }): string {
  return `version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: 86400\n`
}

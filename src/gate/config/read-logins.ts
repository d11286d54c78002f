import { resolve } from 'node:path'
import { FETCHED } from '../../dialects/index.ts'
import type { PosternError } from '../../errors.ts'
import type { YamlProblem } from '../../policy/yaml/index.ts'
import type { LocalLogin } from '../outlet/login-outlet.ts'
import type { LegConfig } from '../outlet/outlet-config.ts'
import { secretFault, type LoginConfig } from '../outlet/secret.ts'
import type { BackendConfig } from './config.ts'
import type { LegFile, LocalLoginFile, LoginFile } from './outlet-file.ts'

type Path = readonly string[]

interface Source {
  /** That of the configuration. */
  readonly folder: string
  readonly refuse: (problem: YamlProblem) => PosternError
}

/** As whom to log in at a relay. A secret goes to whom it is meant for, and to nobody else. Rejects with what `refuse` makes. */
export async function readLogin({ login, to = 'recipients', tls }: LegFile, path: Path, source: Source): Promise<Pick<LegConfig, 'login'>> {
  if (login === undefined) return {}
  const { refuse } = source
  const at = [...path, 'login']
  if (to === 'recipients')
    throw refuse({
      path: at,
      what: 'mail hosts of domains let everybody send',
      remedy: 'Write to: host:port of the relay, or leave it out.',
    })
  if (tls !== 'verify' && tls !== 'dane')
    throw refuse({ path: at, what: 'whoever is at the other end would get the secret', remedy: 'Write tls: verify, or tls: dane.' })
  return { login: await readSecret(login, { at, word: 'passwordFile' }, source) }
}

/** Users of a service that fetches, and with which token each logs in behind. Rejects with what `refuse` makes. */
export async function readLogins(
  logins: readonly LocalLoginFile[] | undefined,
  { dialect, backends, path }: { readonly dialect: string; readonly backends: readonly BackendConfig[]; readonly path: Path },
  source: Source,
): Promise<{ readonly logins?: readonly LocalLogin[] }> {
  if (logins === undefined) return {}
  if (FETCHED[dialect] === undefined)
    throw source.refuse({
      path,
      what: `in ${dialect} nobody logs in for a client`,
      remedy: 'Leave it out: it is for dialect: imap and dialect: pop3.',
    })
  const isBelieved = ({ tls, name, ca, pins }: BackendConfig): boolean =>
    tls !== 'none' && (name !== undefined || ca !== undefined || pins.length > 0)
  if (!backends.every(isBelieved))
    throw source.refuse({
      path,
      what: 'whoever is in the place of the server behind would get the secret',
      remedy: 'Write tls: implicit and name: of its certificate under backend.',
    })
  const read = await Promise.all(
    logins.map(async ({ user, passwordFile, as = user, asPasswordFile, ...token }, index) => {
      const at = [...path, String(index)]
      const onward = { user: as, ...token, ...(asPasswordFile === undefined ? {} : { passwordFile: asPasswordFile }) }
      return {
        user,
        password: await readSecret({ user, passwordFile }, { at, word: 'passwordFile' }, source),
        onward: await readSecret(onward, { at, word: 'asPasswordFile' }, source),
      }
    }),
  )
  return { logins: read }
}

async function readSecret(
  { user, passwordFile, tokenFile, tokenCommand }: LoginFile,
  /** `word`: what the file of a password goes by. */
  { at, word }: { readonly at: Path; readonly word: 'passwordFile' | 'asPasswordFile' },
  { folder, refuse }: Source,
): Promise<LoginConfig> {
  if ([passwordFile, tokenFile, tokenCommand].filter((one) => one !== undefined).length !== 1)
    throw refuse({
      path: at,
      what: 'the secret stands nowhere, or twice',
      remedy: `Write one of ${word}, tokenFile and tokenCommand.`,
    })
  if (tokenCommand !== undefined) return { user, from: { kind: 'token', command: tokenCommand } }
  const [named, from, kind] =
    passwordFile === undefined ? ([tokenFile ?? '', 'tokenFile', 'token'] as const) : ([passwordFile, word, 'password'] as const)
  const file = resolve(folder, named)
  const fault = await secretFault(file)
  if (fault !== undefined) throw refuse({ path: [...at, from], what: `${named}: ${fault}`, remedy: `Type: chmod 600 ${named}` })
  return { user, from: { kind, file } }
}

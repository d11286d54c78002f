import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { showsUnicode } from './terminal.ts'

describe('showsUnicode()', () => {
  const rows: readonly (readonly [why: string, env: Readonly<Record<string, string>>, platform: string, shown: boolean])[] = [
    ['the locale says so', { LANG: 'en_GB.UTF-8' }, 'linux', true],
    ['in another spelling', { LANG: 'C.utf8' }, 'linux', true],
    ['the C locale knows ASCII', { LANG: 'C' }, 'linux', false],
    ['nothing says so', {}, 'linux', false],
    ['LC_ALL comes before LANG', { LC_ALL: 'C', LANG: 'en_GB.UTF-8' }, 'linux', false],
    ['LC_CTYPE too', { LC_CTYPE: 'en_GB.UTF-8', LANG: 'C' }, 'linux', true],
    ['an empty variable is none', { LC_ALL: '', LANG: 'en_GB.UTF-8' }, 'linux', true],
    ['Windows Terminal', { WT_SESSION: 'a' }, 'win32', true],
    ['the old Windows console', { LANG: 'en_GB.UTF-8' }, 'win32', false],
  ]
  for (const [why, env, platform, shown] of rows) test(why, () => assert.equal(showsUnicode(env, platform), shown))
})

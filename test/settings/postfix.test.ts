import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from '../peers/free-port.ts'
import { statusOf } from './program.ts'
import { needPeer, startPeer } from '../peers/index.ts'
import { type } from '../cli-session.ts'

/** What Postfix has words for, and what its OpenSSL has. */
const TIGHTER = 'base: mozilla-intermediate\n'

describe('postern settings and a real Postfix', { skip: needPeer('postfix'), concurrency: true }, () => {
  test('show, plan, apply, prove, and undo', async (t) => {
    const peer = await startPeer('postfix', { securityLevel: 0 }, t)
    const etc = join(peer.folder, 'etc')
    const before = readFileSync(join(etc, 'main.cf'))
    const policy = join(peer.folder, 'tls.yaml')
    writeFileSync(policy, TIGHTER)
    const state = ['--state', join(peer.folder, 'state')]
    const reload = `kill -HUP $(cat '${join(peer.folder, 'spool/pid/master.pid')}')`
    const shown = await type(['settings', 'show', etc, ...state])
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.out, /TLS 1\.0 is offered\. \[protocol-tls1-0\]/)
    const planned = await type(['settings', 'plan', etc, '--policy', policy, ...state])
    assert.equal(planned.status, 1, planned.err)
    const made = await type(['settings', 'apply', etc, '--policy', policy, '--as-far-as-possible', ...state, '--start', reload])
    assert.equal(made.status, 0, made.err + made.out)
    assert.match(made.out, new RegExp(`smtp://localhost:${peer.doors.smtp} keeps to tls, proved on the wire`))
    assert.equal((await type(['settings', 'plan', etc, '--policy', policy, ...state])).status, 0)
    const undone = await type(['settings', 'undo', etc, ...state])
    assert.equal(undone.status, 0, undone.err)
    assert.deepEqual(readFileSync(join(etc, 'main.cf')), before)
  })

  test('without a certificate, keeps the only suites that it speaks', async (t) => {
    const peer = await startPeer('postfix', { securityLevel: 0 }, t)
    const etc = join(peer.folder, 'etc')
    const main = join(etc, 'main.cf')
    const kept = readFileSync(main, 'utf8').replaceAll(/^smtpd_tls_(?:\w*cert_file|\w*key_file|chain_files).*\n(?:[ \t].*\n)*/gm, '')
    writeFileSync(main, `${kept}\nsmtpd_tls_cert_file = none\ntls_low_cipherlist = ALL:@SECLEVEL=0\n`)
    const reload = `kill -HUP $(cat '${join(peer.folder, 'spool/pid/master.pid')}') && sleep 1`
    execFileSync('sh', ['-c', reload])
    const lets = async (...words: readonly string[]): Promise<boolean> => {
      const at = ['-connect', `127.0.0.1:${peer.doors.smtp}`, '-starttls', 'smtp']
      return (await statusOf('openssl', ['s_client', '-no-CAfile', ...at, ...words])) === 0
    }
    const anonymous = ['-tls1_2', '-cipher', 'aNULL:@SECLEVEL=0']
    // It has been told to read its settings again, and does so when it can.
    let taken = await lets(...anonymous)
    for (let tries = 0; !taken && tries < 20; tries++) {
      await delay(250)
      taken = await lets(...anonymous)
    }
    assert.ok(taken && !(await lets('-tls1_3')) && !(await lets('-tls1_2', '-cipher', 'ECDHE+AESGCM')))
    const state = ['--state', join(peer.folder, 'state')]
    const { legs } = JSON.parse((await type(['settings', 'show', etc, '--json', ...state])).out) as {
      readonly legs: readonly { readonly words: { readonly suites: { readonly value: readonly string[] } } }[]
    }
    assert.ok(legs[0]?.words.suites.value.every((suite) => suite.includes('_anon_')))
    const policy = join(peer.folder, 'tls.yaml')
    writeFileSync(policy, TIGHTER)
    const line = ['apply', etc, '--policy', policy, '--as-far-as-possible', ...state, '--start', reload, '--no-prove']
    const made = await type(['settings', ...line])
    assert.equal(made.status, 0, made.err + made.out)
    assert.match(made.out, /since there is no certificate/)
    assert.ok((await lets(...anonymous)) && !(await lets('-tls1', '-cipher', 'aNULL:@SECLEVEL=0')))
  })

  test('proves what its client offers where a message makes it connect', async (t) => {
    const peer = await startPeer('postfix', { securityLevel: 0 }, t)
    const etc = join(peer.folder, 'etc')
    const outside = await freePort()
    appendFileSync(join(etc, 'main.cf'), `smtp_tls_security_level = may\ndefault_transport = smtp:[127.0.0.1]:${outside}\n`)
    appendFileSync(join(etc, 'master.cf'), 'smtp unix - - n - - smtp\nretry unix - - n - - error\nscache unix - - n - 1 scache\n')
    const policy = join(peer.folder, 'tls.yaml')
    writeFileSync(policy, TIGHTER)
    const send = `'${process.execPath}' '${fileURLToPath(new URL('submit.ts', import.meta.url))}' ${peer.doors.smtp}`
    const reload = `kill -HUP $(cat '${join(peer.folder, 'spool/pid/master.pid')}') && sleep 1`
    const line = ['apply', etc, '--policy', policy, '--as-far-as-possible', '--state', join(peer.folder, 'state'), '--start', reload]
    const made = await type(['settings', ...line, '--no-prove', '--receive', `smtp=smtp://127.0.0.1:${outside}`, '--send', send])
    assert.equal(made.status, 0, made.err + made.out)
    assert.match(made.out, /smtp \(client\) keeps to tls, as its hello at smtp:\/\/127\.0\.0\.1:\d+ shows/)
  })

  test('gives a policy table with an index to postmap, and again where the change is undone', async (t) => {
    const peer = await startPeer('postfix', { securityLevel: 0 }, t)
    const etc = join(peer.folder, 'etc')
    const table = join(etc, 'tls_policy')
    const before = 'old.example encrypt protocols=TLSv1:TLSv1.2\n'
    writeFileSync(table, before)
    appendFileSync(join(etc, 'main.cf'), `smtp_tls_security_level = may\nsmtp_tls_policy_maps = hash:${table}\n`)
    appendFileSync(join(etc, 'master.cf'), 'smtp unix - - n - - smtp\n')
    execFileSync('postmap', ['-c', etc, `hash:${table}`])
    const found = (): string => execFileSync('postmap', ['-c', etc, '-q', 'old.example', `hash:${table}`], { encoding: 'utf8' })
    const policy = join(peer.folder, 'tls.yaml')
    writeFileSync(policy, TIGHTER)
    const state = ['--state', join(peer.folder, 'state')]
    const made = await type(['settings', 'apply', etc, '--policy', policy, '--as-far-as-possible', ...state])
    assert.equal(made.status, 0, made.err + made.out)
    assert.match(found(), /^encrypt protocols=(?!.*TLSv1:)/)
    const undone = await type(['settings', 'undo', etc, ...state])
    assert.equal(undone.status, 0, undone.err)
    assert.equal(readFileSync(table, 'utf8'), before)
    assert.equal(found(), 'encrypt protocols=TLSv1:TLSv1.2\n')
  })

  test('takes back what Postfix does not start with', async (t) => {
    const peer = await startPeer('postfix', { securityLevel: 0 }, t)
    const file = join(peer.folder, 'etc', 'main.cf')
    const before = readFileSync(file)
    const state = ['--state', join(peer.folder, 'state')]
    const { status, err } = await type([
      'settings',
      'apply',
      file,
      '--policy',
      'mozilla-modern',
      '--as-far-as-possible',
      ...state,
      '--start',
      'false',
    ])
    assert.equal(status, 3)
    assert.match(err, /Cannot start the service with false: exit 1/)
    assert.deepEqual(readFileSync(file), before)
  })
})

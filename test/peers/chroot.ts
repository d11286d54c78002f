import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { unpackedFile, type PackageName } from './packages.ts'

/** A user or group that the program looks up by name. */
export interface Account {
  readonly name: string
  readonly id: number
}

/**
 * A small root directory for a program of an unpacked package: the program, the libraries that it is linked to, the
 * accounts that it looks up, `/dev/null` and `/dev/urandom`. So neither its users nor its paths need to be on the machine.
 */
export function makeRoot(root: string, name: PackageName, programs: readonly string[], accounts: readonly Account[]): void {
  for (const program of programs) {
    const source = unpackedFile(name, program)
    copyInto(root, source, program)
    for (const library of libraries(source)) copyInto(root, library, library)
  }
  for (const directory of ['dev', 'etc', 'tmp', 'run', 'var/run']) mkdirSync(join(root, directory), { recursive: true })
  execFileSync('mknod', ['-m', '666', join(root, 'dev/null'), 'c', '1', '3'])
  execFileSync('mknod', ['-m', '666', join(root, 'dev/urandom'), 'c', '1', '9'])
  const all = [{ name: 'root', id: 0 }, ...accounts]
  writeFileSync(join(root, 'etc/passwd'), all.map(({ name, id }) => `${name}:x:${id}:${id}::/tmp:/bin/false\n`).join(''))
  writeFileSync(join(root, 'etc/group'), all.map(({ name, id }) => `${name}:x:${id}:\n`).join(''))
}

function copyInto(root: string, source: string, target: string): void {
  mkdirSync(dirname(join(root, target)), { recursive: true })
  copyFileSync(source, join(root, target))
}

function libraries(program: string): readonly string[] {
  const text = execFileSync('ldd', [program], { encoding: 'utf8' })
  const lost = [...text.matchAll(/(\S+) => not found/g)].map(([, library]) => library)
  if (lost.length > 0) throw new Error(`Cannot start ${program}: ${lost.join(', ')} not on this machine`)
  return [...text.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)
}

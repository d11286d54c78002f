import { getDiffieHellman } from 'node:crypto'
import { hex } from './bytes.ts'

/**
 * Primes for finite-field Diffie-Hellman. The custom ones are safe primes made for these tests, so that no list of
 * well-known primes has them; the others are those of RFC 2409 §6, RFC 3526 §3 and RFC 7919 §A.
 */

export type PrimeName =
  | 'custom512'
  | 'custom768'
  | 'custom1024'
  | 'custom2048'
  | 'oakley768'
  | 'oakley1024'
  | 'modp1536'
  | 'modp2048'
  | 'modp4096'
  | 'ffdhe2048'
  | 'ffdhe3072'

/** The finite fields that the servers can be told to use. */
export const PRIMES: Readonly<Record<PrimeName, Buffer>> = {
  custom512: hex(
    'c0252090543730a94f0ec5d54a5e7e6980201eb573ad780510773f09a59905430b9f07d98afb847da843a94d9a4cf342131d052e41e75637aa0856524b497173',
  ),
  custom768: hex(
    'd72dfba444e5b7f9eee54dc6d4676f0fdd596b4702af0806f9dfb3877d857d5a18d0d50b91c77eb81764eb8a9fb05266a971370b833ca00b' +
      '5c695f40234c2cca4717bec14e7e8c518b28549914ead64e93a6c8427abdc7c5fd5dac32be3abab3',
  ),
  custom1024: hex(
    'f092197929050ec776ec1908dee2a599383e32809d8ff8cec9066cd5ba038b3b562584612dfb1c267fba5453354d04768593c111812db5bb' +
      'ed1f472000be499baa194fc051668e99c4615f12827cf21a8bedd1cebd6c18e87cb9524da654023e4718a0b2c20464e3413244dd3aba3b89' +
      'ecc4b131b3be58aabbd1864acfe9070b',
  ),
  custom2048: hex(
    'd636c6215f39d6a3fbb5a3a429025001b9157ca256c85c7dbc74eeb626c059c8bbc270ceb639db39f705adfa3eefdd75ddfaf4104d1caa5a' +
      '396615083b139efdc25fa1f5f750f0a2489cd6d147a83f91cdbcca0a8f98f98eabba08421a609c7a67473d7cb2b4e11de8eabe489d4cd06b' +
      '1cc6fd7ae2a4b40a68bc37153b9e81a5c83324d7cde0cd20737901bdee023767232178470e0d82700bd182a9e219af31bbba8b6ecb49a1fe' +
      '899ed19171b5aa614df9dcc40c42774954141f62072501e563049d059448dc9d73981ad155901578de90cc6cccb4843038ecf86b983e3899' +
      '44ac1d42021d7032b4ca36e6b04c313a0c77bf34375db722695a13757a4cc467',
  ),
  oakley768: getDiffieHellman('modp1').getPrime(),
  oakley1024: getDiffieHellman('modp2').getPrime(),
  modp1536: getDiffieHellman('modp5').getPrime(),
  modp2048: getDiffieHellman('modp14').getPrime(),
  modp4096: getDiffieHellman('modp16').getPrime(),
  ffdhe2048: hex(
    'ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fbcc939dce249b3ef97d2fe363630c75d8' +
      'f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0856365553ded1af3b557135e7f57c935984f0c70e0e68b77e2a689daf3efe872' +
      '1df158a136ade73530acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fbb96adab760d7f4681d4f42a3de394df4ae56ede76372bb19' +
      '0b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f619172fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005' +
      'c58ef1837d1683b2c6f34a26c1b2effa886b423861285c97ffffffffffffffff',
  ),
  ffdhe3072: hex(
    'ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fbcc939dce249b3ef97d2fe363630c75d8' +
      'f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0856365553ded1af3b557135e7f57c935984f0c70e0e68b77e2a689daf3efe872' +
      '1df158a136ade73530acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fbb96adab760d7f4681d4f42a3de394df4ae56ede76372bb19' +
      '0b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f619172fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005' +
      'c58ef1837d1683b2c6f34a26c1b2effa886b4238611fcfdcde355b3b6519035bbc34f4def99c023861b46fc9d6e6c9077ad91d2691f7f7ee' +
      '598cb0fac186d91caefe130985139270b4130c93bc437944f4fd4452e2d74dd364f2e21e71f54bff5cae82ab9c9df69ee86d2bc522363a0d' +
      'abc521979b0deada1dbf9a42d5c4484e0abcd06bfa53ddef3c1b20ee3fd59d7c25e41d2b66c62e37ffffffffffffffff',
  ),
}

/** A finite field with generator 2. node:crypto would test the prime first, which takes seconds for the large ones. */
export interface FiniteField {
  readonly prime: Buffer
  readonly generator: Buffer
  /** With the length of the prime. */
  publicValue(secret: Buffer): Buffer
  /** Without leading zeros, as RFC 5246 §8.1.2 wants the premaster secret. */
  shared(secret: Buffer, peer: Buffer): Buffer
}

export function finiteField(name: PrimeName): FiniteField {
  const prime = PRIMES[name]
  const modulus = toNumber(prime)
  return {
    prime,
    generator: Buffer.from([2]),
    publicValue: (secret) => toBytes(power(2n, toNumber(secret), modulus), prime.length),
    shared: (secret, peer) => toBytes(power(toNumber(peer), toNumber(secret), modulus), 0),
  }
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString('hex')}`)
}

function toBytes(value: bigint, length: number): Buffer {
  const digits = value.toString(16)
  return Buffer.from(digits.padStart(Math.max(length * 2, digits.length + (digits.length % 2)), '0'), 'hex')
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, factor] = [1n, base % modulus]
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * factor) % modulus
    factor = (factor * factor) % modulus
  }
  return result
}

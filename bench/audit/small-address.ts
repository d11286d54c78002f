/** The address of the small server with this number: there are 65,000 of them on loopback. */
export function smallAddress(number: number): string {
  return `127.1.${Math.floor(number / 250)}.${(number % 250) + 1}`
}

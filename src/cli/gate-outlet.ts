import { placeText, type ServiceConfig } from '../gate/index.ts'

/** How a service speaks to where its clients' mail goes, one line for each policy; none where it does not. */
export function outletLines({ outlet, backends, name }: ServiceConfig): readonly string[] {
  if (outlet === undefined)
    return backends.flatMap(({ policy, place }) => (policy === undefined ? [] : [`${placeText(place)} by ${policy.name}`]))
  return [outlet.leg, ...outlet.destinations.map(({ leg }) => leg)].map(({ title, tls, policy, to }) => {
    const where = title.slice(`services.${name}.outlet`.length).replace('.destinations.', 'destination ')
    return `${where === '' ? 'outlet' : where}: to ${to === undefined ? 'recipients' : placeText(to)}, TLS ${tls}, by ${policy.name}`
  })
}

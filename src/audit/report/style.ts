import { customProperties, DARK, LIGHT } from './palette.ts'

/** The style sheet of the HTML report: light and dark on screens, always light and in pages on paper. */
export const STYLE: string = `
:root{color-scheme:light dark;${customProperties(LIGHT)}}
@media screen and (prefers-color-scheme:dark){:root{${customProperties(DARK)}}}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;overflow-wrap:break-word}
code,dd,h1,h2,.finding h4 span,.doorname{overflow-wrap:anywhere}
.wrap{max-width:70rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:1}
h1,h2,h3,h4,p,ol,ul,dl{margin:0}
h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.01em}
h2{font-size:1.3rem;line-height:1.25}
h3{font-size:1.05rem;margin:2rem 0 .75rem;padding-bottom:.35rem;border-bottom:1px solid var(--line)}
h4{font-size:1rem;line-height:1.4}
code,pre{font-family:ui-monospace,"Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;font-size:.86em}
pre{margin:.5rem 0 0;padding:.6rem .8rem;background:var(--page);border:1px solid var(--line);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}
.muted{color:var(--muted)}
.small{font-size:.88rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.mast{display:flex;gap:1rem;align-items:center;margin-bottom:1.5rem}
.mast svg{flex:none;width:3rem;height:3rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.5rem;margin-top:1.5rem}
.lead{font-size:1.05rem;margin:.4rem 0 1.2rem}
.doorname{min-width:16rem}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;color:var(--muted);font-size:.88rem;padding-bottom:.5rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .7rem .45rem 0;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--muted);font-weight:600;font-size:.82rem;vertical-align:bottom}
tbody th{font-weight:500}
td.number,th.number{text-align:center;padding-right:.5rem;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
.suites th code,.matrix tbody th code{white-space:nowrap}
.matrix{table-layout:fixed;min-width:46rem;font-size:.8rem;hyphens:auto}.matrix th,.matrix td{padding-right:.35rem}.matrix th:first-child{width:11.5rem}.matrix th:nth-child(2){width:4.8rem}.matrix .chip{padding:0 .4rem}
.suites thead .number{min-width:7rem}
caption{max-width:min(64rem,calc(100vw - 5rem))}
.bad{color:var(--bad)}.weak{color:var(--weak)}.unknown{color:var(--unknown)}.good{color:var(--good)}
.chip{display:inline-block;white-space:nowrap;border-radius:999px;padding:.02rem .55rem;font-size:.8rem;font-weight:650;border:1px solid currentColor}
.chip.bad,.tile.bad,.grade.bad,.alert.bad{background:var(--bad-tint)}
.chip.weak,.tile.weak,.grade.weak{background:var(--weak-tint)}
.chip.unknown,.tile.unknown,.grade.unknown,.alert.unknown{background:var(--unknown-tint)}
.chip.good,.tile.good,.grade.good{background:var(--good-tint)}
.grade{display:inline-grid;place-items:center;min-width:2.3rem;height:1.9rem;padding:0 .4rem;border-radius:7px;border:2px solid currentColor;font-weight:800;line-height:1}
.grade.large{min-width:4.5rem;height:4.5rem;border-radius:14px;border-width:3px;font-size:2.2rem}
.head{display:flex;gap:1.1rem;align-items:flex-start}
.head>div:last-child{min-width:0}
.head ul{padding-left:1.1rem;margin-top:.4rem}
.sign{font-weight:700}
.brief{columns:2 26rem;column-gap:2rem;font-size:.92rem}.brief li{break-inside:avoid}
.plainlist{list-style:none;padding:0}.plainlist li{padding:.15rem 0}
.chips{display:flex;flex-wrap:wrap;gap:.4rem;margin-top:.6rem}
.alert{border:1px solid currentColor;border-radius:8px;padding:.8rem 1rem;margin-top:1rem}
.alert p{color:var(--ink)}
.steps{padding-left:1.9rem}.steps li{padding:.25rem 0 .25rem .3rem}.steps li::marker{font-weight:700;color:var(--muted)}
.finding{border-left:4px solid currentColor;padding:.15rem 0 .2rem 1rem;margin:1.1rem 0}
.finding>*{color:var(--ink)}.finding .chip.bad{color:var(--bad)}.finding .chip.weak{color:var(--weak)}.finding .chip.unknown{color:var(--unknown)}.finding .chip.good{color:var(--good)}
.finding h4 .chip{margin-right:.5rem}
.finding .id{color:var(--muted);font-weight:400}
dl{display:grid;grid-template-columns:minmax(6.5rem,max-content) 1fr;gap:.25rem 1rem;font-size:.94rem}
.finding dl{margin-top:.4rem}
dt{color:var(--muted)}dd{margin:0;min-width:0}
.remedy{font-weight:650}
.rules{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.15rem 1.1rem}
details{margin-top:.6rem}summary{cursor:pointer;color:var(--link);font-size:.92rem}
.tiles{list-style:none;padding:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.6rem;margin-bottom:1.2rem}
.tile{border:1px solid var(--line);border-radius:8px;padding:.55rem .75rem;font-size:.88rem}
.tile strong{display:block;font-size:1rem}
.tile.bad,.tile.weak,.tile.unknown,.tile.good{border-color:currentColor}
.tile>span{color:var(--ink)}.tile.off,.tile.off>span{color:var(--muted)}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));gap:0 2.5rem}
.chain{border:1px solid var(--line);border-radius:8px;padding:1rem;margin-top:.8rem}
.life{display:block;width:100%;height:8px;margin:.6rem 0 .8rem}
.life .span{fill:var(--line)}.life .gone{fill:var(--muted)}
.bar{display:block;width:8rem;height:8px;margin-top:.35rem}
.bar .bad{fill:var(--bad)}.bar .weak{fill:var(--weak)}.bar .unknown{fill:var(--unknown)}.bar .good{fill:var(--good)}
.top{font-size:.88rem;margin-top:1.5rem}
footer{margin-top:2rem}
@media (max-width:40rem){.card{padding:1rem}.head{flex-direction:column}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}.wide{display:none}}
@page{margin:15mm 14mm}
@media print{
html{font-size:9.5pt}
body{background:#fff;font-size:1rem;line-height:1.4}
.wrap{max-width:none;padding:0}
.card{border:0;border-radius:0;padding:0;margin-top:1rem}
.door{break-before:page}
h2,h3,h4,caption,thead{break-after:avoid}
.finding,.chain,tr,.tile,.head,.alert,.steps li{break-inside:avoid}
h3{margin-top:1.2rem}
thead{display:table-header-group}
.scroll{overflow:visible}
.matrix{font-size:.78rem;min-width:0}.matrix th:first-child{width:17%}.matrix th:nth-child(2){width:7%}
.matrix .chip{font-size:.7rem;padding:0 .3rem}
.tiles{grid-template-columns:repeat(6,1fr);gap:.3rem}
.tile{font-size:.8rem;padding:.3rem .4rem}
.chip,.grade,.tile,.alert,.bar,.life{print-color-adjust:exact;-webkit-print-color-adjust:exact}
a{color:inherit;text-decoration:none}
.noprint,.skip,details:not([open]){display:none}
summary{color:inherit;list-style:none}
}
`.trim()

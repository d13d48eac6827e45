"""How the report of a drill looks: the colours and cards of `syncd report`, and what only a drill has."""

from syncd.engine.reporting.style import STYLE as SHARED

STYLE = f"""{SHARED}
:root{{--good:#1d7f4e;--bad:#c23b32;--warm:#b36a11;--blue:#2f6fde;--badge:#fff}}
@media (prefers-color-scheme:dark){{
:root{{--good:#4cc38a;--bad:#f2786f;--warm:#f0a04b;--blue:#7aa9f7;--badge:#12161c}}}}
header p{{max-width:80ch}}
.tiles{{grid-template-columns:repeat(auto-fit,minmax(150px,1fr))}}.tile .number{{font-size:21px}}
.card{{background:var(--card);border:1px solid var(--edge);border-radius:8px;padding:14px 16px;margin-bottom:12px}}
h2{{font-size:17px;margin:0 0 10px}}h3{{font-size:15px;margin:0 0 6px}}
.card .table{{border:0;margin:8px 0 0;padding:0}}tr.late td:nth-child(7){{color:var(--bad);font-weight:600}}
.card td:first-child{{min-width:70px}}
ul.findings,ol.timeline{{list-style:none;margin:0;padding:0}}
.findings li{{display:flex;gap:10px;padding:8px 0;border-top:1px solid var(--edge);align-items:flex-start}}
.findings li:first-child{{border-top:0;padding-top:0}}.findings .badge{{min-width:64px}}
.try{{margin:3px 0 0;color:var(--soft)}}
.badge{{display:inline-block;font-size:12px;line-height:18px;padding:0 8px;border-radius:9px;text-align:center;
background:var(--soft);color:var(--badge);white-space:nowrap;flex:none}}
.badge.mend{{background:var(--bad)}}.badge.look,.badge.waits{{background:var(--warm)}}.badge.good{{background:var(--good)}}
.badge.told,.badge.public{{background:var(--blue)}}.badge.person{{background:var(--good)}}
.timeline li{{display:grid;grid-template-columns:78px 50px 62px 1fr;gap:8px;padding:5px 0;align-items:baseline;
border-top:1px solid var(--edge);font-size:14px}}.timeline li:first-child{{border-top:0}}
time,.ahead{{color:var(--soft);font-variant-numeric:tabular-nums;white-space:nowrap}}
.what{{overflow-wrap:anywhere;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden}}
rect.within{{fill:var(--strong)}}rect.over{{fill:var(--bad)}}line.due{{stroke:var(--text);stroke-width:2}}
circle.reminded{{fill:var(--warm);stroke:var(--card);stroke-width:1.5}}
.chart{{overflow-x:auto}}.chart svg{{min-width:620px}}
.legend{{margin:4px 0 0}}.key.within::before{{background:var(--strong)}}.key.over::before{{background:var(--bad)}}
.key.due::before{{background:var(--text);width:3px}}.key.reminded::before{{background:var(--warm);border-radius:5px}}
.card .message{{padding:8px 0;border:0;border-top:1px solid var(--edge);border-radius:0}}
.card .message:first-of-type{{border-top:0}}.card .message summary{{font-weight:400}}
.about{{margin:6px 0;color:var(--soft);font-size:13px}}
pre{{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;font-size:14px;background:var(--room);
padding:8px 12px;border-radius:6px}}
.tickets{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:18px}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:2px 12px;margin:0 0 8px}}dt,dd{{margin:0;font-weight:400}}
dt{{color:var(--soft)}}.comment.public pre{{border-left:3px solid var(--blue)}}
@media (max-width:640px){{.timeline li{{grid-template-columns:auto auto auto 1fr}}.what{{grid-column:1/-1}}
main{{padding:18px 12px 40px}}.findings li{{flex-direction:column;gap:4px}}}}
"""

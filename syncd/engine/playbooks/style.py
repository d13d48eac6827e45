"""How the playbook looks: on a screen, on a phone, and on one sheet of A4."""

STYLE = """
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--text:#1b2330;--soft:#5a6675;--edge:#dfe3e8;--room:#e6eaef;
--strong:#2f6fde;--hot:#c2570c;--sev1:#c0392b;--sev2:#d9822b;--sev3:#b39a1d;--sev4:#6b7a8c}
@media (prefers-color-scheme:dark){:root{--page:#12161c;--card:#1b212a;--text:#e8ecf1;--soft:#9aa6b5;--edge:#2f3844;
--room:#333d4a;--strong:#5b95f5;--hot:#f0a04b}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);
font:14px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1240px;margin:0 auto;padding:22px 18px 50px}
h1{margin:0;font-size:23px}header p{margin:2px 0 0;color:var(--soft)}
.mapping>h2{font-size:17px;margin:22px 0 8px}
h3{font-size:13px;margin:0 0 6px;text-transform:uppercase;letter-spacing:.04em;color:var(--soft)}
section.card{background:var(--card);border:1px solid var(--edge);border-radius:8px;padding:12px 14px;margin:0 0 12px}
p{margin:0 0 6px}p:last-child{margin-bottom:0}
td,dd,dt,p,h2{overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:13px;margin-bottom:8px}
th{color:var(--soft);font-weight:500;text-align:left;font-size:12px}
th,td{padding:4px 10px 4px 0;vertical-align:top;border-bottom:1px solid var(--edge)}
tbody tr:last-child td{border-bottom:0}
td div+div{margin-top:2px}td .sub{color:var(--soft);font-size:12px}
.nowrap{white-space:nowrap}
.sev{font-weight:700;padding-left:8px;border-left:4px solid var(--sev4)}
.sev.sev1{border-color:var(--sev1)}.sev.sev2{border-color:var(--sev2)}.sev.sev3{border-color:var(--sev3)}
.happened{display:grid;grid-template-columns:minmax(300px,400px) 1fr;gap:8px 26px}
.steps td:nth-child(n+3) div:first-child{white-space:nowrap}.happened>*{min-width:0}
.happened>h3{grid-column:1/-1;margin:0}
.strong{font-weight:600;border-left:4px solid var(--hot);padding:2px 0 2px 10px;margin:0 0 10px}
svg.path{display:block;width:100%;height:auto;max-width:420px}
svg text{font-size:12px;fill:var(--text)}svg .name{font-size:13.5px;font-weight:600}
svg .tick{fill:var(--soft);font-size:11.5px}svg .rate{font-size:10px;font-weight:600}
svg .now{fill:var(--hot);font-weight:600}svg .here{fill:var(--hot)}
.ring{fill:none;stroke:var(--room);stroke-width:5}.arc{fill:none;stroke:var(--strong);stroke-width:5}
.start{fill:var(--strong)}.way{stroke:var(--room);stroke-width:3;fill:none}.back{stroke-width:2}.tip{fill:var(--room)}
.way.hot{stroke:var(--hot);stroke-width:5}.back.hot{stroke-width:3}.tip.hot{fill:var(--hot)}
.flow{columns:2 420px;column-gap:12px}.flow section{break-inside:avoid}
dl{margin:0;font-size:13px}dl div{margin-bottom:4px}dt{display:inline;font-weight:600}dt::after{content:": "}
dd{display:inline;margin:0}
.words dt::after{content:" "}.words dt code{background:var(--room);padding:1px 5px;border-radius:4px;font-size:12px}
pre{margin:4px 0 10px;padding:8px 10px;background:var(--page);border:1px solid var(--edge);border-radius:6px;
font:12px/1.4 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
@media print,(min-width:861px){
.matrix td:first-child{width:11%;min-width:88px}.matrix td:nth-child(2){width:26%}.matrix td:nth-child(3){width:19%}
.matrix td:last-child{width:17%}}
@media screen and (max-width:860px){
.happened{grid-template-columns:1fr}
.matrix thead{display:none}.matrix,.matrix tbody,.matrix tr,.matrix td{display:block;width:100%}
.matrix tr{padding:8px 0;border-bottom:1px solid var(--edge)}.matrix tr:last-child{border:0}
.matrix td{border:0;padding:1px 0;display:grid;grid-template-columns:104px 1fr}
.matrix td.empty{display:none}.matrix td>*{grid-column:2}
.matrix td::before{content:attr(data-label);color:var(--soft);grid-column:1;grid-row:1/span 20}
.matrix td:first-child{display:block}.matrix td:first-child::before{content:none}
.scroll{overflow-x:auto}.steps table{min-width:540px}.scroll td{overflow-wrap:normal}}
@media print{
@page{size:A4;margin:8mm}
:root{color-scheme:light;--page:#fff;--card:#fff;--text:#000;--soft:#444;--edge:#ccc;--room:#ddd;--strong:#2f6fde;
--hot:#b34700}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{font-size:7.8px;line-height:1.24}main{max-width:none;padding:0}
header{display:flex;justify-content:space-between;align-items:baseline}h1{font-size:13px}
.mapping>h2{font-size:10px;margin:3px 0}.mapping+.mapping{break-before:page}
h3{font-size:7px;margin:0 0 2px}p{margin:0 0 2px}
section.card{padding:4px 6px;margin:0 0 4px;border-radius:3px}
table,dl{font-size:7.8px}td .sub{font-size:7px}table{margin-bottom:2px}
th{font-size:6.6px}th,td{padding:1px 5px 1px 0}
.happened{grid-template-columns:58mm 1fr;gap:2px 14px}.strong{margin:0 0 4px}
.steps .sub{display:none}.stages table{width:70%}
.flow{columns:3;column-gap:4px}.flow section:last-child{break-inside:auto;-webkit-box-decoration-break:clone;
box-decoration-break:clone}dl div,pre{break-inside:avoid}h3{break-after:avoid}dl div{margin-bottom:1px}
pre{font-size:6.6px;line-height:1.22;margin:1px 0 3px;padding:2px 4px}
.words dt code{font-size:7px;padding:0 2px}}
"""

"""How the report looks."""

STYLE = """
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--text:#1b2330;--soft:#5a6675;--edge:#dfe3e8;--room:#eef1f4;
--strong:#2f6fde;--light:#a9c5f5;--waiting:#d9822b;--note:#fff4d6}
@media (prefers-color-scheme:dark){:root{--page:#12161c;--card:#1b212a;--text:#e8ecf1;--soft:#9aa6b5;--edge:#2f3844;
--room:#262e39;--strong:#5b95f5;--light:#33507f;--waiting:#f0a04b;--note:#3a3115}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1200px;margin:0 auto;padding:28px 20px 60px}
h1{margin:0;font-size:26px}header p{margin:4px 0 0;color:var(--soft)}
header .note{background:var(--note);color:var(--text);padding:8px 12px;border-radius:6px;margin-top:12px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(max(200px,22%),1fr));gap:12px;margin:22px 0 12px}
.tile,figure,.table,details{background:var(--card);border:1px solid var(--edge);border-radius:8px}
.tile{padding:12px 14px}.tile .name{color:var(--soft);font-size:13px}
.tile .number{font-size:25px;font-weight:600;line-height:1.3}
.tile .unit{color:var(--soft);font-size:12px;min-height:17px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(480px,100%),1fr));gap:12px;margin-bottom:12px}
figure{margin:0;padding:14px 14px 10px}figcaption{font-weight:600;margin-bottom:8px}
svg{display:block;width:100%;height:auto}svg text{font-size:13px;fill:var(--text)}
svg .tick{fill:var(--soft);font-size:12px}
.room{fill:var(--room)}rect.strong{fill:var(--strong)}rect.light{fill:var(--light)}.grid{stroke:var(--edge)}
.area.open{fill:var(--strong);opacity:.16}.area.waiting{fill:var(--waiting);opacity:.22}.line{fill:none;stroke-width:2}
.line.open{stroke:var(--strong)}.line.waiting{stroke:var(--waiting)}
.key{font-weight:400;font-size:13px;color:var(--soft);margin-left:14px;white-space:nowrap}
.key::before{content:"";display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px;background:var(--strong)}
.key.light::before{background:var(--light)}.key.waiting::before{background:var(--waiting)}
.table{overflow-x:auto;margin-bottom:12px;padding:4px 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{color:var(--soft);font-weight:500;text-align:left}
th,td{padding:4px 8px;white-space:nowrap;font-size:13px}td:first-child{white-space:normal;min-width:150px}
tr.first td{border-top:1px solid var(--edge)}
details{padding:12px 14px}summary{cursor:pointer;font-weight:600}dt{font-weight:600;margin-top:12px}dd{margin:2px 0 0}
small{color:var(--soft)}code{font-size:.92em;background:var(--room);padding:1px 4px;border-radius:4px}
@media print{body{background:#fff}figure,.table,.tile{break-inside:avoid}}
"""
